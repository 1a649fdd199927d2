# createCredentials: the users and groups that a process needs, with the numbers of an ID assignment filled in.
import ../../framework-function.nix (evaluation:

{ ids ? { }
, forceDisableUserChange ? evaluation.forceDisableUserChange
, ...
}:

let
  inherit (builtins) attrNames filter mapAttrs removeAttrs;

  uids = ids.uids or { };
  gids = ids.gids or { };

  assign = attribute: numbers: entries:
    if numbers == { } then
      entries
    else
      mapAttrs
        (name: entry:
          if numbers ? ${name} && entry.${attribute} or null == null then
            entry // { ${attribute} = numbers.${name}; }
          else
            entry)
        entries;

  # Everything in a profile can be read by everyone on the machine.
  withoutPassword = user:
    if !(user ? password) then
      user
    else
      removeAttrs user [ "password" ] // (if user.password == null then { } else { hasPassword = true; });

  # Without user changes a user's home directory can still be made.
  withHomeDirectory = users: removeAttrs users (filter (name: !(users.${name}.createHomeDir or false)) (attrNames users));
in
{ groups ? { }, users ? { }, ... }:
{
  groups = if forceDisableUserChange then { } else assign "gid" gids groups;
  users = mapAttrs (_: withoutPassword)
    (assign "uid" uids (if forceDisableUserChange then withHomeDirectory users else users));
})
