# An `import` that gives models our create functions wherever they reach for the framework's. Files that it imports get
# this same `import` in their scope, so that it follows the model through all of its files.
#
# Nix caches plain imports but no scoped ones: a file that is imported by each of 300 instances would be parsed and
# evaluated 300 times. Therefore two tables remember the scoped imports: a lazy image of the directory tree below `root`,
# and one of each store path that an import leads to.
{ evaluation
, root # text: the topmost directory whose files are remembered; it and those between it and the model can be listed. null: none
, hostPackages # the package set that stands in for <nixpkgs>; null when <nixpkgs> is used
, provideFramework # pass our directory as `nix-processmgmt` to imported functions that want it and are not given it
}:

let
  inherit (builtins) attrValues baseNameOf concatLists dirOf functionArgs isAttrs isFunction isPath isString listToAttrs mapAttrs match pathExists
    readDir storeDir stringLength substring toString tryEval unsafeDiscardStringContext;

  rootPath = import ./root-path.nix;

  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  dropPrefix = prefix: text: substring (stringLength prefix) (-1) text;
  hasSuffix = suffix: text:
    stringLength text >= stringLength suffix
    && substring (stringLength text - stringLength suffix) (-1) text == suffix;

  # The framework -----------------------------------------------------------------------------------------------------

  frameworkDirectory = toString ./.;

  # What the model gets for a path of the framework, by the kind of file that we have there.
  shimOf = {
    # The same functions that everybody gets, with the model's evaluation in the place of one of their own.
    functions = path: import path { modelEvaluation = evaluation; };
    files = import;
    # Without a package set they take the one that is used here.
    packaged = path: arguments: import path
      ((if hostPackages == null then { } else { nixpkgs = rootPath + hostDirectory; }) // arguments);
    # It imports what the user names.
    redirected = path: importScoped path;
  };

  # By base name, so that a file that is not of the framework costs one look.
  framework = listToAttrs (concatLists (attrValues (mapAttrs
    (kind: map (path: {
      name = baseNameOf path;
      value = { inherit path; suffix = "/${path}"; shim = shimOf.${kind} (./. + "/${path}"); };
    }))
    (import ./framework-paths.nix))));

  # A user may have a directory of that name, too.
  isToolsOfFramework = path:
    let
      parent = dirOf path;
    in
    baseNameOf parent == "nix-processmgmt" || parent == frameworkDirectory || pathExists (rootPath + "${parent}/nixproc");

  # null when the text of a path does not end in a path of the framework.
  frameworkAt = text:
    let
      path = if baseNameOf text == "default.nix" then dirOf text else text;
      candidate = framework.${baseNameOf path} or null;
    in
    if candidate != null && hasSuffix candidate.suffix path && (candidate.path != "tools" || isToolsOfFramework path) then
      candidate
    else
      null;

  # nixpkgs -----------------------------------------------------------------------------------------------------------

  hostDirectory = toString ./host-packages;

  isNixpkgs = directory: pathExists (directory + "/pkgs/top-level");

  searchPath = name: builtins.findFile builtins.nixPath name;

  # `<nixpkgs>` as a text with a slash at its end, or null.
  nixpkgsPrefix =
    let found = tryEval (searchPath "nixpkgs"); in if found.success then "${toString found.value}/" else null;

  isBelowNixpkgs = text: nixpkgsPrefix != null && hasPrefix nixpkgsPrefix "${text}/";

  # Gives what nixpkgs returns: its own functions import files given to them with the plain import.
  withOurImport = import ./wrap-packages.nix {
    inherit importFile;
    provided = if provideFramework then { nix-processmgmt = frameworkDirectory; } else { };
  };

  importNixpkgs = file:
    let
      value = import file;
      isWhole = isNixpkgs file || baseNameOf file == "default.nix" && isNixpkgs (dirOf file);
    in
    if isWhole && isFunction value then (args: withOurImport (value args)) else withOurImport value;

  # What a file gives -------------------------------------------------------------------------------------------------

  importScoped = builtins.scopedImport scope;

  # Imports without looking into the tables.
  importFresh = path:
    if isNixpkgs path || isBelowNixpkgs (toString path) then importNixpkgs path else importScoped path;

  # What is not there may be a file of the framework that we have none of. In: a path as text, and as Nix' import takes it.
  importPerhaps = text: path:
    let instead = import ./instead.nix text; in
    if instead == null || pathExists path then importFresh path else throw instead;

  # A file or directory of the image. `path` is of a directory when `entries` are asked for.
  node = isOfNixpkgs: path:
    let
      isNixpkgsHere = isOfNixpkgs || isNixpkgs path;
    in
    {
      value = if isOfNixpkgs then importNixpkgs path else importFresh path;
      entries = mapAttrs (name: _: node isNixpkgsHere (path + "/${name}")) (readDir path);
    };

  top = node false (rootPath + root);
  storePaths = import ./store-table.nix (name: node false (rootPath + "${storeDir}/${name}"));

  # The node of a file or directory, null when the tables do not have it.
  nodeAt = text:
    let
      directory = dirOf text;
      parent = nodeAt directory;
    in
    if text == root then
      top
    else if directory == storeDir then
      if match "[0-9a-zA-Z+._?=-]+" (baseNameOf text) == null then null else storePaths (baseNameOf text)
    else if text == "/" then
      null
    else if parent == null then
      null
    else
      parent.entries.${baseNameOf text} or null;

  importText = text:
    let
      known = frameworkAt text;
      node = nodeAt text;
    in
    if known != null then
      known.shim
    else if hostPackages != null && hasPrefix hostDirectory text then
      importHostPackages text
    else if node == null then
      importPerhaps text (rootPath + text)
    else
      node.value;

  importHostPackages = text:
    if text == "${hostDirectory}/lib" then
      hostPackages.lib
    else if text == hostDirectory then
      # Whoever imports it without overlays gets the one set that there is already.
      (args: if args.overlays or [ ] == [ ] then hostPackages else withOurImport (import ./host-packages args))
    else
      import (rootPath + text);

  # The redirected import, but for what it provides -------------------------------------------------------------------

  # In: anything that Nix' import takes.
  importFile = value:
    let
      text =
        if isPath value then
          toString value
        else
          # A string may hold dots and double slashes.
          toString (rootPath + unsafeDiscardStringContext given);
      given = toString value;
    in
    if isPath value then
      # A file of Nix itself, which is on no disk, has a path that only Nix can read.
      if baseNameOf text == "fetchurl.nix" && (dirOf text == "/" || dirOf text == "/__corepkgs__") then import value
      else importText text
    else if !(isString value || isAttrs value) || !hasPrefix "/" given || hasSuffix ".drv" given then
      import value
    else if frameworkAt text != null then
      importText text
    else if pathExists given && pathExists (rootPath + text) then
      # Looking at the path has built it, where something has to be built.
      importText text
    else
      importPerhaps text given;

  provide = value:
    if provideFramework && isFunction value && functionArgs value ? nix-processmgmt then
      (args: value ({ nix-processmgmt = frameworkDirectory; } // args))
    else
      value;

  redirectedImport = value: provide (importFile value);

  redirectedScopedImport = additions: value:
    builtins.scopedImport (scope // additions) value;

  # `<name>` in the model.
  findFile = path: name:
    let
      found = tryEval (builtins.findFile path name);
    in
    if hostPackages != null && (name == "nixpkgs" || hasPrefix "nixpkgs/" name) then
      rootPath + (hostDirectory + dropPrefix "nixpkgs" name)
    else if hasPrefix "nix-processmgmt/" name && frameworkAt "/${name}" != null then
      rootPath + (frameworkDirectory + dropPrefix "nix-processmgmt" name)
    else if name == "nix-processmgmt" && !found.success then
      ./.
    else if hasPrefix "nix-processmgmt/" name && !found.success && pathExists (./. + dropPrefix "nix-processmgmt" name) then
      ./. + dropPrefix "nix-processmgmt" name
    else
      builtins.findFile path name;

  # The framework may be fetched: by the last part of its address, or by what comes before the name of an archive.
  isFrameworkAt = address:
    match ".*[/:]nix-processmgmt(\\.git)?/?" address != null || match ".*/nix-processmgmt/(archive|tarball)/.*" address != null;

  # What cannot be fetched is our own directory.
  addressOf = given: toString (if isAttrs given then given.url or "" else given);
  orOurs = fetch: ours: given: if isFrameworkAt (addressOf given) then ours else fetch given;
  fetchers =
    if !provideFramework then { }
    else {
      fetchGit = orOurs builtins.fetchGit { outPath = frameworkDirectory; };
      fetchTarball = orOurs builtins.fetchTarball frameworkDirectory;
    };

  scope = (if fetchers ? fetchTarball then { inherit (fetchers) fetchTarball; } else { }) // {
    import = redirectedImport;
    scopedImport = redirectedScopedImport;
    __findFile = findFile;
    builtins = builtins // fetchers // {
      import = redirectedImport;
      scopedImport = redirectedScopedImport;
      findFile = findFile;
      builtins = scope.builtins;
    };
  };
in
{
  inherit importFile scope withOurImport;
  framework = frameworkDirectory;
  provided = if provideFramework then { nix-processmgmt = frameworkDirectory; } else { };
  nixpkgsFound = nixpkgsPrefix != null;
  importNixpkgs = importNixpkgs (searchPath "nixpkgs");
}
