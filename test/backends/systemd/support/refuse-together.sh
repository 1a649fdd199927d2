#!/bin/sh
# Stands before systemctl, and refuses a call for all of its units when systemd refuses one of them, as systemd 262 does.
real=/usr/bin/systemctl
verb= units= count=0 dashes=
for word; do
  case $dashes:$word in
    :--) dashes=1 ;;
    :-*) ;;
    *) if [ -z "$verb" ]; then verb=$word; else units="$units $word" count=$((count + 1)); fi ;;
  esac
done
refuse() {
  echo "Failed to enqueue jobs: $2" >&2
  exit "$1"
}
case $verb in start | stop | restart | try-restart | reload) ;; *) exec "$real" "$@" ;; esac
[ "$count" -gt 1 ] || exec "$real" "$@"
for unit in $units; do
  property() { "$real" show --value --property="$1" "$unit"; }
  state=$(property LoadState)
  case $verb:$state in
    stop:not-found) refuse 5 "Unit $unit not loaded." ;;
    *:not-found) refuse 5 "Unit $unit not found." ;;
    stop:masked) ;;
    *:masked) refuse 1 "Unit $unit is masked." ;;
  esac
  case $verb:$(property CanStart):$(property CanStop) in
    start:no:* | restart:no:* | restart:*:no | stop:*:no)
      refuse 4 "Operation refused, unit $unit may be requested by dependency only (it is configured to refuse manual start/stop)."
      ;;
  esac
done
exec "$real" "$@"
