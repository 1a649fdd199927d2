# Takes what is started as root out of the unit of systemd that the caller is in (a login session, cron), where systemd is the
# first process: into one scope for all of a deployment (systemd.scope(5)), so that it outlives that unit, and in which control
# groups may be made (Delegate=). Stands behind coreutils.sh and control-group.sh.

# nixproc_name_scope DIRECTORY: sets nixproc_scope to the unit's name. Each directory has another one: "/" is "-" in it and "-"
# is "\x2d", as systemd-escape(1) writes them, which is called for what else there may be. Fails when it would be too long.
nixproc_name_scope() {
    nixproc_rest=${1#/} nixproc_scope=
    case $nixproc_rest in
        *[!A-Za-z0-9_./-]*)
            nixproc_find_systemd_tool systemd-escape || return 1
            nixproc_scope=$("$nixproc_systemd_tool" -- "$nixproc_rest" 2>/dev/null) || return 1
            ;;
        *)
            while :; do
                nixproc_word=${nixproc_rest%%[/-]*}
                nixproc_scope=$nixproc_scope$nixproc_word
                nixproc_rest=${nixproc_rest#"$nixproc_word"}
                case $nixproc_rest in
                    /*) nixproc_scope=$nixproc_scope- ;;
                    -*) nixproc_scope=$nixproc_scope'\x2d' ;;
                    *) break ;;
                esac
                nixproc_rest=${nixproc_rest#?}
            done
            ;;
    esac
    nixproc_scope=nixproc-$nixproc_scope.scope
    # systemd takes no names of more than 255 characters.
    [ "${#nixproc_scope}" -le 255 ]
}

# nixproc_find_systemd_tool NAME: sets nixproc_systemd_tool to its path. PATH may be the model's by now.
nixproc_find_systemd_tool() {
    for nixproc_systemd_tool in /usr/bin /bin /run/current-system/sw/bin -; do
        nixproc_systemd_tool=$nixproc_systemd_tool/$1
        [ ! -x "$nixproc_systemd_tool" ] || return 0
    done
    return 1
}

# nixproc_scope_is_used: whether there is anybody in the scope. One that is empty is about to go, or has been left behind.
nixproc_scope_is_used() {
    nixproc_word=
    { while read -r nixproc_part nixproc_rest; do
        [ "$nixproc_part" != populated ] || nixproc_word=$nixproc_rest
    done <"$nixproc_scope_group/cgroup.events"; } 2>/dev/null
    [ "$nixproc_word" = 1 ]
}

# nixproc_make_scope: makes the scope, with this shell in it. systemd-run puts only itself there, and what it becomes: that
# fetches us. When the machine goes down, the scope is stopped after all services, whose scripts may still want to stop something
# in an order, and before file systems are unmounted.
nixproc_make_scope() {
    nixproc_find_systemd_tool systemd-run && read -r nixproc_part nixproc_rest </proc/self/stat || return 1
    nixproc_tool timeout 10 "$nixproc_systemd_tool" --scope --quiet --collect --slice=system.slice --unit="$nixproc_scope" \
        --description="Processes of $1" -p Delegate=yes -p TasksMax=infinity -p Before=basic.target -p After=local-fs.target \
        -- /bin/sh -c 'printf %s "$1" >"$2/cgroup.procs"' sh "$nixproc_part" "$nixproc_scope_group" </dev/null >/dev/null 2>&1
}

# nixproc_enter_scope RUNTIMEDIR: moves this shell into the scope of a deployment, which is made when there is none; sets
# nixproc_group_before to the directory of the control group that it was in. Where that cannot be done, it stays there, and
# nixproc_group_before is empty.
nixproc_enter_scope() {
    nixproc_group_before= nixproc_word=
    [ -d /run/systemd/system ] && nixproc_find_own_group && [ -w "$nixproc_tree_top/cgroup.subtree_control" ] || return 0
    # In a container that can reach the systemd of the machine, this process has another number there.
    { read -r nixproc_word </proc/1/comm; } 2>/dev/null || :
    [ "$nixproc_word" = systemd ] && nixproc_name_scope "$1" || return 0
    nixproc_scope_group=$nixproc_tree_top/system.slice/$nixproc_scope
    case $nixproc_tree/ in "$nixproc_scope_group"/*) return 0 ;; esac
    # Several services may start at once: to whom another one was first, systemd says that the scope exists.
    for nixproc_attempt in 1 2 3; do
        if nixproc_scope_is_used && { printf 0 >"$nixproc_scope_group/cgroup.procs"; } 2>/dev/null ||
            nixproc_make_scope "$1"; then
            nixproc_group_before=$nixproc_tree
            return 0
        fi
        nixproc_tool sleep 0.05 2>/dev/null || nixproc_tool sleep 1
    done
}
