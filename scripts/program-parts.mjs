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

/** Has the modules of other parts taken from their files, rather than bundled once more. */
const takenFrom = (others, inputs, root) => ({
  name: 'modules-of-other-parts',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /./, namespace: 'file' }, ({ path, importer }) => {
      const found = inputs[relative(root, importer)]?.imports.find(({ original }) => original === path);
      const other = others.find(({ modules }) => modules.has(found?.path));
      return other && { path: found.path, namespace: 'other-part', pluginData: other.name };
    });
    onLoad({ filter: /./, namespace: 'other-part' }, ({ path, pluginData: name }) => ({
      contents: `module.exports = require('./${name}').modules['${path}']();`,
    }));
    onResolve({ filter: /./, namespace: 'other-part' }, ({ path }) => ({ path, external: true }));
  },
});

/** Divides modules among the parts: each holds what its roots load and no part before it holds, the last one the rest. */
const divide = (parts, entry, inputs) => {
  const left = new Set(Object.keys(inputs));
  return parts.map(({ name, roots }, index) => {
    const loaded = roots === undefined ? left : loadedWith(index === 0 ? [entry, ...roots] : roots, inputs);
    const modules = new Set([...loaded].filter((module) => left.delete(module)));
    return { name, modules };
  });
};

/**
 * Bundles a program into several files, each of which is loaded when something in it is imported. Each module is in one of
 * them alone. All export, besides what the entry does, those of their modules that another one needs.
 *
 * @param options of esbuild, for a CommonJS bundle
 * @param entry the module whose exports the first part has
 * @param parts `name` of the file, and `roots`: it holds these modules with all that they load; the last has none
 * @returns what esbuild says of the whole program
 */
export const buildProgram = async ({ absWorkingDir: root, outdir, plugins = [], ...options }, entry, parts) => {
  const whole = { ...options, absWorkingDir: root, outdir, plugins, entryPoints: [entry], write: false };
  const { metafile } = await build(whole);
  const { inputs } = metafile;
  const divided = divide(parts, entry, inputs);
  for (const [index, part] of divided.entries()) {
    const modules = sharedBy(part, inputs).map((module) => `'${module}': () => require('./${module}'),`);
    const own = index === 0 ? [`export * from './${entry}';`] : [];
    await build({
      ...options,
      absWorkingDir: root,
      stdin: {
        contents: [...own, 'export const modules = {', ...modules, '};'].join('\n'),
        resolveDir: root,
        sourcefile: part.name,
      },
      outfile: join(outdir, part.name),
      plugins: [
        takenFrom(
          divided.filter((other) => other !== part),
          inputs,
          root,
        ),
        ...plugins,
      ],
    });
  }
  return { metafile };
};
