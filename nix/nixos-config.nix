# Reads of NixOS modules what makes sense on a machine that is no NixOS: accounts, and packages on everybody's PATH.
# virtualisation.* describes virtual machines, of which there are none. Whatever else a module sets only NixOS can do.
{ pkgs
, modules # list of modules: attribute sets, functions, files, lists of modules; null for none
}:

let
  inherit (builtins) attrNames attrValues concatLists elem elemAt filter functionArgs head intersectAttrs isAttrs isFunction isList
    isPath isString listToAttrs map mapAttrs removeAttrs tail;

  explain = import ./explain.nix;
  typeInWords = import ./type-in-words.nix;

  # What module functions get. A test's machine has no configuration as a whole that one could ask.
  arguments = {
    inherit pkgs;
    inherit (pkgs) lib;
    config = explain {
      what = "The nixosConfig of a test suite reads the configuration of NixOS";
      why = "The test's machine is no NixOS: a nixosConfig can add users and packages to it, and nothing else";
      fix = "Write the values themselves in nixosConfig";
    };
    options = { };
    modulesPath = toString ./.;
  };

  argumentsFor = function:
    let declared = functionArgs function; in
    if declared == { } then arguments else intersectAttrs declared arguments;

  # Modules as a list of attribute sets, those that they import included.
  flatten = module:
    if module == null then [ ]
    else if isList module then concatLists (map flatten module)
    else if isPath module || isString module then flatten (import module)
    else if isFunction module then flatten (module (argumentsFor module))
    else if isAttrs module then
      flatten (module.imports or [ ])
      ++ (if module ? config then [ module.config ] else [ (removeAttrs module [ "imports" "_file" "key" ]) ])
    else explain {
      what = "The nixosConfig of a test suite is no NixOS module";
      why = "It is ${typeInWords module}";
      fix = "Write an attribute set, or a function that returns one";
    };

  # Values without what lib.mkIf, mkMerge, mkForce, mkDefault and mkOrder put around them: a list of those that count.
  values = value:
    let kind = value._type or null; in
    if !isAttrs value then [ value ]
    else if kind == "if" then (if value.condition then values value.content else [ ])
    else if kind == "merge" then concatLists (map values value.contents)
    else if elem kind [ "override" "order" ] then values value.content
    else [ value ];

  sets = concatLists (map values (concatLists (map flatten [ modules ])));

  # The values that are set at a path of names.
  at = path: set:
    if path == [ ] then values set
    else concatLists (map
      (value: if isAttrs value && value ? ${head path} then at (tail path) value.${head path} else [ ])
      (values set));
  everywhere = path: concatLists (map (at path) sets);

  # Accounts ------------------------------------------------------------------------------------------------------------

  accounts = everywhere [ "users" "users" ] ++ everywhere [ "users" "extraUsers" ];
  accountNames = attrNames (listToAttrs (concatLists (map (set: map (name: { inherit name; value = null; }) (attrNames set)) accounts)));

  shellOf = shell: if isAttrs shell then "${shell}${shell.shellPath or "/bin/${shell.pname or (builtins.parseDrvName shell.name).name}"}" else toString shell;

  # Of an account that several modules speak of, the last one counts.
  userOf = name:
    let
      set = builtins.foldl' (earlier: later: earlier // mapAttrs (_: value: let found = values value; in if found == [ ] then null else head found) later)
        { }
        (concatLists (map (all: if all ? ${name} then values all.${name} else [ ]) accounts));
      isNormal = set.isNormalUser or false;
      optional = attribute: value: if value == null then { } else { ${attribute} = value; };
      own = set.name or null;
    in
    {
      user = { name = if own == null then name else own; }
        // optional "uid" (set.uid or null)
        // optional "group" (if (set.group or null) != null && set.group != "" then set.group else if isNormal then "users" else null)
        // optional "home" (set.home or (if isNormal then "/home/${name}" else null))
        // optional "shell" (if (set.shell or null) == null then null else shellOf set.shell)
        // optional "extraGroups" (set.extraGroups or null);
      unknown = map (attribute: "users.users.${name}.${attribute}") (attrNames (removeAttrs set understood));
    };
  # Passwords are of no use where nobody logs in, and NixOS makes the home of whoever has one.
  understood = [
    "name" "uid" "group" "home" "shell" "extraGroups" "createHome" "isNormalUser" "isSystemUser" "description"
    "password" "initialPassword" "hashedPassword" "initialHashedPassword" "useDefaultShell" "homeMode"
  ];
  users = map userOf accountNames;

  # What is not understood ----------------------------------------------------------------------------------------------

  unknownIn = known: path: value:
    if elem path known then [ ]
    else if isAttrs value && !(value ? outPath) && length path < 2 && (value._type or null) == null then
      concatLists (map (name: unknownIn known (path ++ [ name ]) value.${name}) (attrNames value))
    else if isAttrs value && (value._type or null) != null then
      concatLists (map (unknownIn known path) (values value))
    else [ (builtins.concatStringsSep "." path) ];
  inherit (builtins) length;

  known = [ [ "virtualisation" ] [ "users" "users" ] [ "users" "extraUsers" ] [ "environment" "systemPackages" ] [ "system" "stateVersion" ] ];

  unique = list: attrNames (listToAttrs (map (name: { inherit name; value = null; }) list));
in
{
  users = map ({ user, ... }: user) users;
  packages = concatLists (everywhere [ "environment" "systemPackages" ]);
  # Names of what only NixOS could do.
  unknown = unique (concatLists (map (unknownIn known [ ]) sets) ++ concatLists (map ({ unknown, ... }: unknown) users));
}
