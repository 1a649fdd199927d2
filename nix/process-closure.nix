# What a list of processes needs, each once, as items { process; dependent }: the processes themselves first (their
# dependent is null), then what they depend on. What a process is known by is all that is known of it.
processes:

builtins.genericClosure {
  startSet = map (process: { key = process.text; inherit process; dependent = null; }) processes;
  operator = { process, ... }: map
    (dependency: { key = dependency.text; process = dependency; dependent = process.name; })
    process.dependencies;
}
