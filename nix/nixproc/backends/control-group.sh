# Marks a start, so that all processes that come of it can be found as long as one of them lives, whatever becomes of their
# parents. Stands behind coreutils.sh.
#
# As root on Linux, the mark is a control group of version 2 (cgroups(7)) for each start: nixproc.instances/KEY/start-PID below
# the group that the shell is in, whose limits stay. Where none can be made, the mark is a variable, NIXPROC_INSTANCE=KEY, which
# a process may overwrite. KEY is RUNTIMEDIR/NAME.
#
# Where systemd is the first process, control groups are its own: nobody else may make one, but in a scope that is delegated to
# us (systemd-scope.sh). Who is in no such scope stays where it is, with the variable.

# nixproc_find_own_group: sets nixproc_tree to the directory of the control group that this shell is in, and nixproc_tree_top to
# where control groups are mounted; fails without one.
nixproc_find_own_group() {
    # systemd mounts them in one of these places, and so do others. To read /proc/self/mounts would take longer than all the rest.
    for nixproc_tree_top in /sys/fs/cgroup /sys/fs/cgroup/unified -; do
        [ ! -f "$nixproc_tree_top/cgroup.controllers" ] || break
    done
    [ "$nixproc_tree_top" != - ] || return 1
    nixproc_word=
    { while read -r nixproc_part; do
        case $nixproc_part in 0::/*) nixproc_word=${nixproc_part#0::} ;; esac
    done </proc/self/cgroup; } 2>/dev/null
    [ -n "$nixproc_word" ] || return 1
    nixproc_tree=$nixproc_tree_top${nixproc_word%/}
}

# nixproc_join_group KEY: moves this shell into a group of its own; sets nixproc_group_before to the directory of the one that
# it was in, unless it is set. Fails where that cannot be done.
nixproc_join_group() {
    nixproc_find_own_group || return 1
    : "${nixproc_group_before:=$nixproc_tree}"
    # Another service may have called us.
    nixproc_tree=${nixproc_tree%%/nixproc.instances/*}
    if [ -d /run/systemd/system ]; then
        case $nixproc_tree in */nixproc-*.scope) ;; *) return 1 ;; esac
    fi
    [ -w "$nixproc_tree/cgroup.procs" ] || return 1
    read -r nixproc_part nixproc_rest </proc/self/stat || return 1
    nixproc_tree=$nixproc_tree/nixproc.instances$1
    # Those of starts before this one of which nothing is left: not each time, since a program takes as long as all the rest.
    set -- "$nixproc_tree"/start-*
    [ $# -lt 8 ] || nixproc_tool rmdir -- "$@" 2>/dev/null
    # Another process of the same service may be doing the same, and take the empty group away again.
    for nixproc_word in 1 2 3; do
        nixproc_tool mkdir -p -- "$nixproc_tree/start-$nixproc_part" 2>/dev/null || return 1
        { printf 0 >"$nixproc_tree/start-$nixproc_part/cgroup.procs"; } 2>/dev/null && return 0
    done
    return 1
}

# nixproc_mark KEY: marks this shell and all that it starts from now on.
nixproc_mark() {
    nixproc_join_group "$1" && return 0
    [ ! -r /proc/self/environ ] || export NIXPROC_INSTANCE="$1"
}

# nixproc_unmark: takes the mark from this shell; what it has started keeps it.
nixproc_unmark() {
    unset NIXPROC_INSTANCE
    [ -z "${nixproc_group_before-}" ] || { printf 0 >"$nixproc_group_before/cgroup.procs"; } 2>/dev/null || :
}
