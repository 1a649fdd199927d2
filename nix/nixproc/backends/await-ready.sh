# Waits until a process is ready. Runs in bash, whose redirections can connect to a port.
#
#   bash await-ready COREUTILS TIMEOUT INTERVAL KIND ARGUMENT…
#
#   COREUTILS  the package whose sleep and timeout are used
#   TIMEOUT    how many seconds it may take, a whole number; 0 looks once, for as long as that takes
#   INTERVAL   how many seconds to wait between two looks
#   KIND and its arguments:
#     port HOST PORT       something accepts connections there; localhost stands for both loopback addresses
#     path PATH            that file, directory or socket exists
#     http HOST PORT PATH  that page is answered with a status from 200 to 399
#     command WORD…        that program ends with exit code 0
#
#   AWAITED_PID in the environment: there is nothing to wait for when this process has ended.
#
# Exits with 0 when it is ready, else with 1 and a sentence on stderr.

[ -n "$BASH_VERSION" ] || exec bash "$0" "$@"
coreutils=$1 timeout=$2 interval=$3
shift 3

addresses_of() {
    case $1 in
        localhost) addresses='127.0.0.1 ::1' ;;
        *) addresses=$1 ;;
    esac
}

look_at_port() {
    addresses_of "$1"
    for address in $addresses; do
        if { : 3<>"/dev/tcp/$address/$2"; } 2>/dev/null; then return 0; fi
    done
    printf 'nothing accepts connections on port %s of %s\n' "$2" "$1" >&2
    return 1
}

# Sets $status to that of the page, if there is one.
ask_for_page() {
    printf 'GET %s HTTP/1.0\r\nHost: %s:%s\r\nConnection: close\r\n\r\n' "$3" "$1" "$2" >&3 &&
        IFS=' ' read -r protocol status words <&3
}

look_at_page() {
    addresses_of "$1"
    for address in $addresses; do
        protocol= status= words=
        { ask_for_page "$1" "$2" "$3" 3<>"/dev/tcp/$address/$2"; } 2>/dev/null
        case $protocol/$status in HTTP/*/[23][0-9][0-9]*) return 0 ;; esac
    done
    printf 'http://%s:%s%s: %s\n' "$1" "$2" "$3" "${status:+answered with status }${status:-no answer}" >&2
    return 1
}

look() {
    kind=$1
    shift
    case $kind in
        port) look_at_port "$@" ;;
        http) look_at_page "$@" ;;
        path)
            [ -e "$1" ] || {
                printf 'there is no %s\n' "$1" >&2
                return 1
            }
            ;;
        command)
            "$@" || {
                printf 'its command ended with exit code %s\n' "$?" >&2
                return 1
            }
            ;;
        *)
            printf 'there is no readiness of kind %s\n' "$kind" >&2
            return 1
            ;;
    esac
}

is_gone() {
    [ -n "${AWAITED_PID-}" ] || return 1
    if [ -d /proc/self ]; then [ ! -d "/proc/$AWAITED_PID" ]; else ! kill -0 "$AWAITED_PID" 2>/dev/null; fi
}

if [ "$timeout" = 0 ]; then
    look "$@" || exit 1
    exit 0
fi

SECONDS=0
while :; do
    left=$((timeout - SECONDS))
    [ "$left" -gt 0 ] || left=1
    reason=$("$coreutils/bin/timeout" "$left" "$BASH" "$0" "$coreutils" 0 0 "$@" 2>&1 </dev/null) && exit 0
    if is_gone; then
        echo 'it ended before it was ready' >&2
        exit 1
    fi
    if [ "$SECONDS" -ge "$timeout" ]; then
        printf 'it was not ready within %s s: %s\n' "$timeout" "${reason##*$'\n'}" >&2
        exit 1
    fi
    "$coreutils/bin/sleep" "$interval"
done
