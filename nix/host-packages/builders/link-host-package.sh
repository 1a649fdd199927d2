# Makes a package out of links to the host's programs and directories; see ../host-package.nix for the variables.
# Lists have one item a line.
set -o pipefail
shopt -s nullglob
PATH="$hostPath"

programs=()
seen=' '

# Notes a program to link; the first of a name wins.
take() {
    local name="${1##*/}"
    if [[ "$seen" != *" $name "* ]]; then
        seen="$seen$name "
        programs+=("$1")
    fi
}

# The files of the distribution's package that owns a file, a line each, of whichever package manager the host has; nothing
# when nobody owns it. Without a package manager a program has no company but what the tables name.
filesOfOwner() {
    local list lists=(/var/lib/dpkg/info/*.list) owner
    if [ "${#lists[@]}" -gt 0 ]; then
        # dpkg(1). The lists name a file as it was packaged, so /usr/bin/ls of a host with merged directories may stand
        # there as /bin/ls.
        list="$(grep -lxF -e "$1" -e "${1#/usr}" -- "${lists[@]}")" || return 0
        cat "${list%%$'\n'*}"
    elif type -P rpm > /dev/null; then
        rpm -qlf "$1" || :
    elif type -P pacman > /dev/null; then
        owner="$(pacman -Qqo "$1")" && pacman -Qlq "$owner" || :
    elif type -P apk > /dev/null; then
        # "FILE is owned by NAME-VERSION-rRELEASE", or the name alone; the contents have no slash before them.
        owner="$(apk info --who-owns "$1")" || return 0
        owner="${owner##* }"
        [[ ! "$owner" =~ ^(.+)-[^-]+-r[0-9]+$ ]] || owner="${BASH_REMATCH[1]}"
        apk info --contents "$owner" | sed 's|^/*|/|' || :
    fi 2> /dev/null
}

takeProgramsOfOwner() {
    local file
    while IFS= read -r file; do
        if [[ "$file" =~ ^(/usr)?(/local)?/s?bin/[^/]+$ && -e "$file" ]]; then take "$file"; fi
    done < <(filesOfOwner "$1")
}

if [ -n "$main" ]; then
    take "$main"
    if [ -n "$directory" ]; then
        for program in "$directory"/*; do take "$program"; done
    elif [ -n "$withOwner" ]; then
        takeProgramsOfOwner "$main"
    fi
fi
while IFS= read -r program; do
    [ -z "$program" ] || take "$program"
done <<< "$extras"

mkdir -p "$out/bin"
ln -s bin "$out/sbin"
[ "${#programs[@]}" -eq 0 ] || ln -s -- "${programs[@]}" "$out/bin/"

while IFS='=' read -r name path; do
    [ -z "$name" ] || ln -sf -- "$path" "$out/bin/$name"
done <<< "$names"

# The program itself goes by the name that nixpkgs' wrapProgram gives it: so scripts find its process.
while IFS='=' read -r name commands; do
    [ -n "$name" ] && [ -e "$out/bin/$name" ] || continue
    program="$(readlink "$out/bin/$name")"
    mv "$out/bin/$name" "$out/bin/.$name-wrapped"
    {
        printf '#!%s\nprogram=%q\nhostPath=%q\n' "$BASH" "$program" "$hostPath"
        cat "$commands"
        printf 'exec "$program" "$@"\n'
    } > "$out/bin/$name"
    chmod +x "$out/bin/$name"
done <<< "$wrappers"

while IFS='=' read -r name path; do
    [ -n "$name" ] || continue
    [[ "$name" != */* ]] || mkdir -p "$out/${name%/*}"
    ln -s -- "$path" "$out/$name"
done <<< "$links"

# Not the status of a program: see ../stdenv/scripts/default-builder.sh.
exit 0
