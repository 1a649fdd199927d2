# Shell commands for `initialize` that make a directory which belongs to a service's user.
{ forceDisableUserChange }:

# mode: such as "0755"; owner: the name of the user and of the group
{ path, owner, mode ? "0755" }:

"mkdir -p -m ${mode} ${path}\n"
+ (if forceDisableUserChange then "" else "chown ${owner}:${owner} ${path}\n")
