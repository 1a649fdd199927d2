import { build } from 'esbuild';
import { join, relative } from 'node:path';

/** The modules that run when `roots` are loaded: not those behind an `import()`. */
const loadedWith = (roots, inputs) => {
  const loaded = new Set();
  const load = (module) => {
    if (loaded.has(module)) return;
    loaded.add(module);
    for (const { path, kind, external } of inputs[module].imports) {
      if (external !== true && kind !== 'dynamic-import') load(path);
    }
  };
  for (const root of roots) load(root);
  return loaded;
};

/** The modules of a part that others import. */
const sharedBy = ({ modules }, inputs) => {
  const imported = Object.entries(inputs)
    .filter(([importer]) => !modules.has(importer))
    .flatMap(([, { imports }]) => imports.map(({ path }) => path));
  return [...new Set(imported)].filter((path) => modules.has(path)).sort();
};

/** Has the modules of another part taken from its file, rather than bundled once more. */
const takenFrom = (other, inputs, root) => ({
  name: 'modules-of-the-other-part',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /./, namespace: 'file' }, ({ path, importer }) => {
      const found = inputs[relative(root, importer)]?.imports.find(({ original }) => original === path);
      return other.modules.has(found?.path) ? { path: found.path, namespace: 'other-part' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'other-part' }, ({ path }) => ({
      contents: `module.exports = require('./${other.name}').modules['${path}']();`,
    }));
    onResolve({ filter: /./, namespace: 'other-part' }, ({ path }) => ({ path, external: true }));
  },
});

/**
 * Bundles a program into two files: program.js, and later.js, which the first one requires when something in it is
 * imported. Each module is in one of them alone. Both export, besides what the entry does, those that the other one needs.
 *
 * @param options of esbuild, for a CommonJS bundle
 * @param entry the module whose exports program.js has
 * @param start what program.js holds, with all that these modules load
 * @returns the names of the files, and what esbuild says of the whole program
 */
export const buildProgram = async (options, entry, start) => {
  const { absWorkingDir: root, outdir, ...rest } = options;
  const { metafile } = await build({ ...options, entryPoints: [entry], write: false });
  const { inputs } = metafile;
  const early = loadedWith([entry, ...start], inputs);
  const first = { name: 'program.js', modules: early };
  const later = { name: 'later.js', modules: new Set(Object.keys(inputs).filter((module) => !early.has(module))) };
  const bundle = (part, other, ownExports) => {
    const modules = sharedBy(part, inputs).map((module) => `'${module}': () => require('./${module}'),`);
    return build({
      ...rest,
      absWorkingDir: root,
      stdin: {
        contents: [...ownExports, 'export const modules = {', ...modules, '};'].join('\n'),
        resolveDir: root,
        sourcefile: part.name,
      },
      outfile: join(outdir, part.name),
      plugins: [takenFrom(other, inputs, root)],
    });
  };
  await bundle(first, later, [`export * from './${entry}';`]);
  await bundle(later, first, []);
  return { parts: [first.name, later.name], metafile };
};
