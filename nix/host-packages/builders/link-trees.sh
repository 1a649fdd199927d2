# linkTrees: merges directory trees into $out$extraPrefix by links; see link-trees.nix for the variables.
#
# Real directories are made where a tree has real ones, so that a postBuild can add and replace files. A link to a
# directory of the store stays one link until a second tree has something to put there. Links to the host's
# directories must never stay: a postBuild that writes below $out/etc would write to the host's /etc, and as root it
# could. So those that a package has for itself (nginx' conf) become real directories with links to their files, and
# those that all packages share (share, etc, lib) are left out.

# leadsToHost PATH: a link to a directory outside the store.
leadsToHost() {
    [ -L "$1" ] && [ -d "$1" ] && [[ "$(readlink -f "$1")" != "$NIX_STORE"/* ]]
}

isSharedByHost() {
    leadsToHost "$1" && [[ "$(readlink -f "$1")" =~ ^/(usr/|usr/local/)?(etc|include|lib|lib32|lib64|libexec|share)$ ]]
}

# staysLink PATH: it is linked as it is, not as a directory of links.
staysLink() {
    [ ! -d "$1" ] || { [ -L "$1" ] && ! leadsToHost "$1"; }
}

# isLinkToBin PATH: the sbin of most packages, which has to become the sbin of the union.
isLinkToBin() {
    [ -L "$1" ] && [ "$(readlink "$1")" = bin ]
}

# collide FIRST SECOND: two trees have another file under one name.
collide() {
    case "$onCollision" in
        first) ;;
        warn) echo "warning: collision between $2 and $1, taking the latter" >&2 ;;
        *)
            # Equal content does no harm.
            if [ -n "${checkCollisionContents:-}" ] && [ -f "$1" ] && [ -f "$2" ] && cmp -s "$1" "$2"; then return 0; fi
            echo "collision between $1 and $2" >&2
            exit 1
            ;;
    esac
}

# expandLink TARGET: a link of ours to a directory becomes a directory of links.
expandLink() {
    local origin
    origin="$(readlink "$1")"
    rm "$1"
    mkdir "$1"
    mergeEntries "$origin" "$1"
}

# mergeTree SOURCE TARGET
mergeTree() {
    local source="$1" target="$2"
    if isSharedByHost "$source"; then
        return
    elif isLinkToBin "$source" && [ -d "${target%/*}/bin" ] && [ ! -e "$target" ]; then
        ln -s bin "$target"
    elif [ ! -e "$target" ] && [ ! -L "$target" ]; then
        if staysLink "$source"; then
            ln -s -- "$source" "$target"
        else
            mkdir -- "$target"
            mergeEntries "$source" "$target"
        fi
    elif [ "$source" -ef "$target" ]; then
        :
    elif [ -d "$source" ] && [ -d "$target" ]; then
        if [ -L "$target" ] && ! isLinkToBin "$target"; then expandLink "$target"; fi
        mergeEntries "$source" "$target"
    else
        collide "$(readlink "$target" || echo "$target")" "$source"
    fi
}

# mergeEntries SOURCE TARGET: both directories.
mergeEntries() {
    local entry name links=()
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        name="${entry##*/}"
        # Most entries are new files: one ln for all of a directory's.
        if [ -d "$entry" ] || [ -e "$2/$name" ] || [ -L "$2/$name" ]; then
            mergeTree "$entry" "$2/$name"
        else
            links+=("$entry")
        fi
    done
    [ "${#links[@]}" -eq 0 ] || ln -s -- "${links[@]}" "$2/"
}

# makeParents ROOT RELATIVE: real directories above ROOT/RELATIVE.
makeParents() {
    local directory="$1" rest="$2"
    while [[ "$rest" == */* ]]; do
        directory="$directory/${rest%%/*}"
        rest="${rest#*/}"
        if [ -L "$directory" ]; then expandLink "$directory"; else mkdir -p -- "$directory"; fi
    done
}

linkTrees() {
    local root="$out$extraPrefix" path selected
    mkdir -p "$root"
    while IFS= read -r path || [ -n "$path" ]; do
        [ -n "$path" ] || continue
        if [ ! -d "$path" ]; then
            echo "$path is to be linked, but is no directory" >&2
            exit 1
        fi
        while IFS= read -r selected; do
            selected="${selected#/}"
            selected="${selected%/}"
            if [ -z "$selected" ]; then
                mergeEntries "$path" "$root"
            elif [ -e "$path/$selected" ]; then
                makeParents "$root" "$selected"
                mergeTree "$path/$selected" "$root/$selected"
            fi
        done <<< "$pathsToLink"
    done < "$pathsPath"
}
