# makeWrapper and wrapProgram, with the options of nixpkgs' functions of these names.

# makeWrapper PROGRAM WRAPPER [--set VAR VALUE | --set-default VAR VALUE | --unset VAR | --chdir DIR | --run COMMAND |
#   --add-flags FLAGS | --append-flags FLAGS | --add-flag ARG | --append-flag ARG | --argv0 NAME | --inherit-argv0 |
#   --prefix VAR SEPARATOR VALUE | --suffix VAR SEPARATOR VALUE | --prefix-each VAR SEPARATOR VALUES |
#   --suffix-each VAR SEPARATOR VALUES | --prefix-contents VAR SEPARATOR FILES | --suffix-contents VAR SEPARATOR FILES]...
makeWrapper() {
    local program="$1" wrapper="$2" before= after= argv0= value values
    shift 2
    if [ ! -f "$program" ] || [ ! -x "$program" ]; then
        echo "makeWrapper: $program is not an executable file" >&2
        return 1
    fi
    mkdir -p "$(dirname "$wrapper")"
    echo "#!$BASH -e" > "$wrapper"
    while [ $# -gt 0 ]; do
        case "$1" in
            --set)
                printf 'export %s=%q\n' "$2" "$3" >> "$wrapper"
                shift 3
                ;;
            --set-default)
                printf 'export %s="${%s-%s}"\n' "$2" "$2" "$(_quoteForDefault "$3")" >> "$wrapper"
                shift 3
                ;;
            --unset)
                echo "unset $2" >> "$wrapper"
                shift 2
                ;;
            --chdir)
                printf 'cd %q\n' "$2" >> "$wrapper"
                shift 2
                ;;
            --run)
                echo "$2" >> "$wrapper"
                shift 2
                ;;
            --prefix | --suffix)
                _wrapperExtends "$1" "$2" "$3" "$4" >> "$wrapper"
                shift 4
                ;;
            --prefix-each | --suffix-each)
                for value in $4; do _wrapperExtends "${1%-each}" "$2" "$3" "$value" >> "$wrapper"; done
                shift 4
                ;;
            --prefix-contents | --suffix-contents)
                for value in $4; do _wrapperExtends "${1%-contents}" "$2" "$3" "$(< "$value")" >> "$wrapper"; done
                shift 4
                ;;
            --add-flags)
                before="$before $2"
                shift 2
                ;;
            --append-flags)
                after="$after $2"
                shift 2
                ;;
            --add-flag)
                before="$before $(printf %q "$2")"
                shift 2
                ;;
            --append-flag)
                after="$after $(printf %q "$2")"
                shift 2
                ;;
            --argv0)
                argv0="-a $(printf %q "$2")"
                shift 2
                ;;
            --inherit-argv0)
                argv0='-a "$0"'
                shift
                ;;
            --resolve-argv0) shift ;;
            *)
                echo "makeWrapper: unknown option $1" >&2
                return 1
                ;;
        esac
    done
    printf 'exec %s %q %s "$@" %s\n' "$argv0" "$program" "$before" "$after" >> "$wrapper"
    chmod +x "$wrapper"
}

makeShellWrapper() { makeWrapper "$@"; }
makeBinaryWrapper() { makeWrapper "$@"; }

# Within "${VAR-…}" these characters would not stand for themselves.
_quoteForDefault() {
    local text="$1"
    text="${text//\\/\\\\}"
    text="${text//\"/\\\"}"
    text="${text//\$/\\\$}"
    text="${text//\`/\\\`}"
    echo "${text//\}/\\\}}"
}

# Code that puts VALUE before what VAR holds, or after it unless it is there already.
_wrapperExtends() {
    local side="$1" variable="$2" separator="$3" value="$4"
    [ -n "$value" ] || return 0
    if [ "$side" = --prefix ]; then
        printf 'export %s=%q"${%s:+%s$%s}"\n' "$variable" "$value" "$variable" "$separator" "$variable"
    else
        printf 'case "%s$%s%s" in *%q*) ;; *) ' "$separator" "$variable" "$separator" "$separator$value$separator"
        printf 'export %s="${%s:+$%s%s}"%q ;; esac\n' "$variable" "$variable" "$variable" "$separator" "$value"
    fi
}

# wrapProgram PROGRAM [options of makeWrapper]: the program moves to a hidden name beside it.
wrapProgram() {
    local program="$1" hidden
    hidden="$(dirname "$program")/.$(basename "$program")-wrapped"
    shift
    if [ ! -e "$program" ]; then
        echo "wrapProgram: $program does not exist" >&2
        return 1
    fi
    while [ -e "$hidden" ]; do hidden="${hidden}_"; done
    mv "$program" "$hidden"
    makeWrapper "$hidden" "$program" --inherit-argv0 "$@"
}
wrapProgramShell() { wrapProgram "$@"; }
wrapProgramBinary() { wrapProgram "$@"; }
