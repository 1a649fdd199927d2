import { loadBackend, parseManagerName } from '../backends/registry.js';
import { overriddenArguments } from '../evaluate/apply-overrides.js';
import { parseModelDocument } from '../model/model-document.js';
import { parseModel } from '../model/parse-model.js';
import type { InstanceName } from '../model/process-model.js';
import { translateRealised } from '../profile/render-documents.js';
import { stateDirectories } from '../state/state-directories.js';
import type { Json } from '../system/json.js';
import { documentFiles } from '../profile/profile-document.js';
import * as z from '../system/schema.js';

const directory = z.exactOptional(z.string());

/** What nix/render.nix asks for. */
const requestSchema = z.strictObject({
  /**
   * `generated`: the arguments for which the model's override functions wait, by instance, in generated.json; `profile`:
   * the files of the document of the whole profile; `instance`: those of the document of one instance.
   */
  result: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('generated') }),
    z.strictObject({ kind: z.literal('profile') }),
    z.strictObject({ kind: z.literal('instance'), name: z.string() }),
  ]),
  processManager: z.string(),
  /** What nix/evaluate.nix prints. */
  model: z.string(),
  /** What is in the store of what the model refers to. */
  storePaths: z.array(z.string()),
  /** What nix/call-overrides.nix made of the generated arguments. */
  overridden: z.strictObject({ text: z.string(), storePaths: z.array(z.string()) }),
  /** What the user set. */
  settings: z.strictObject({
    stateDir: directory,
    runtimeDir: directory,
    logDir: directory,
    tmpDir: directory,
    cacheDir: directory,
    spoolDir: directory,
    lockDir: directory,
    libDir: directory,
    forceDisableUserChange: z.exactOptional(z.boolean()),
  }),
  /** Options that only some managers know, by name. */
  options: z.record(z.string(), z.string()),
});

/**
 * Renders what an expression of ours has evaluated, without Nix.
 *
 * @param request JSON text as nix/render.nix writes it
 * @param tell gets a sentence for each thing that the user should know
 * @returns the texts of files, by their names
 * @throws ModelError, and ZodError when the expressions and this program do not belong together
 */
export const renderRequest = async (
  request: string,
  tell: (sentence: string) => void,
): Promise<Readonly<Record<string, string>>> => {
  const parsed = requestSchema.parse(JSON.parse(request) as Json);
  const { result, model: text, storePaths, overridden, settings, options } = parsed;
  const manager = parseManagerName(parsed.processManager);
  const { forceDisableUserChange = false, ...directories } = settings;
  const { model, toolSource, notes } = parseModel(parseModelDocument(text), {
    manager,
    directories: stateDirectories(directories, process.platform),
    forceDisableUserChange,
  });
  // Whoever asks for a profile in two steps need not be told twice.
  const say = result.kind === 'generated' ? () => undefined : tell;
  for (const note of notes) say(`note: ${note}`);
  const backend = await loadBackend(manager);
  const translated = translateRealised({ model, toolSource, storePaths, options }, backend, (warning) => {
    say(`warning: ${warning}`);
  });
  const overrides = {
    arguments: overriddenArguments(overridden.text),
    storePaths: overridden.storePaths,
  };
  switch (result.kind) {
    case 'generated':
      return { 'generated.json': JSON.stringify(translated.generated) };
    case 'profile':
      return documentFiles((await translated.renderProfile(overrides, settings)).document);
    case 'instance':
      return documentFiles(await translated.renderInstance(overrides, result.name as InstanceName));
  }
};
