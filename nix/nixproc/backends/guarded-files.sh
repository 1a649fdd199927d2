# Functions for files in directories that others can write, such as /tmp: somebody may have put there what has the name of
# one of ours. They stand before those of process-identity.sh and process-functions.sh, whose variables and helpers they use.
#
# A directory is shared when it does not belong to us or root, or when its group or everybody can write it. What is in a
# shared directory is used only when it is a file (no link, pipe or directory) that has one name, and that root, we, the
# service's user or the directory's owner own. In a sticky directory nobody else can put something in its place then, and
# what is of somebody else there is taken away by root. Nothing is read, written or followed before that is clear.

# nixproc_look FILE: sets nixproc_mode (the letters of ls -l), nixproc_links, nixproc_holder (a user ID) and nixproc_size;
# fails when there is nothing.
nixproc_look() {
    nixproc_mode= nixproc_links= nixproc_holder= nixproc_size=
    { read -r nixproc_mode nixproc_links nixproc_holder nixproc_rest nixproc_size nixproc_rest || :; } <<END
$(nixproc_tool ls -ldn -- "$1" 2>/dev/null)
END
    [ -n "$nixproc_mode" ]
}

# nixproc_shares DIRECTORY: whether others can write it; sets nixproc_sticky to something when nobody but root, us and
# the owner of a file can replace that file.
nixproc_shares() {
    nixproc_sticky= nixproc_landlord=0
    # One look at each directory is enough: those who could change the answer need not.
    case "${nixproc_shared_directories-}
" in *"
$1
"*)
        nixproc_sticky=yes
        return 0
        ;;
    esac
    case "${nixproc_own_directories-}
" in *"
$1
"*) return 1 ;; esac
    # With the dot, a link to a directory counts as the directory.
    nixproc_look "$1/." || return 1
    nixproc_landlord=$nixproc_holder
    if [ "$nixproc_holder" = 0 ] || [ -O "$1/." ]; then
        case $nixproc_mode in
            ?????w???[tT]* | ????????w[tT]*)
                nixproc_sticky=yes
                nixproc_shared_directories="${nixproc_shared_directories-}
$1"
                return 0
                ;;
            ?????w* | ????????w*) return 0 ;;
        esac
        nixproc_own_directories="${nixproc_own_directories-}
$1"
        return 1
    fi
    return 0
}

# nixproc_is_root: whether that is who we are.
nixproc_is_root() {
    [ -n "${nixproc_self-}" ] || nixproc_self=$(nixproc_tool id -u)
    [ "$nixproc_self" = 0 ]
}

# nixproc_trusts: after nixproc_look, whether what is there belongs to root, to us or to the service's user.
nixproc_trusts() {
    [ "$nixproc_holder" != 0 ] || return 0
    # Not by test -O, which follows links.
    ! nixproc_is_root && [ "$nixproc_holder" = "$nixproc_self" ] && return 0
    [ -n "${nixproc_user-}" ] || return 1
    if [ "${nixproc_user_known-}" != "$nixproc_user" ]; then
        nixproc_user_number=$(nixproc_tool id -u -- "$nixproc_user" 2>/dev/null)
        nixproc_user_known=$nixproc_user
    fi
    [ "$nixproc_holder" = "$nixproc_user_number" ]
}

# nixproc_is_fit: after nixproc_shares and nixproc_look, whether what is there may be opened.
nixproc_is_fit() {
    case $nixproc_mode in -*) ;; *) return 1 ;; esac
    [ "$nixproc_links" = 1 ] || return 1
    nixproc_trusts || [ "$nixproc_holder" = "$nixproc_landlord" ]
}

# nixproc_may_open FILE: whether a file may be opened where it is; says nothing.
nixproc_may_open() {
    nixproc_shares "${1%/*}" || return 0
    nixproc_look "$1" && nixproc_is_fit
}

# nixproc_read_line FILE: sets nixproc_line_read to the first line of a small file; fails without one. In a shared directory
# it opens what may not be opened neither now nor when somebody replaces it at this moment.
nixproc_read_line() {
    nixproc_line_read=
    # Nothing but a file: to read a pipe would wait for ever.
    [ -f "$1" ] && [ -r "$1" ] || return 1
    if ! nixproc_shares "${1%/*}"; then
        # A last line without an end makes read fail, but it has read it.
        { IFS= read -r nixproc_line_read || :; } <"$1" 2>/dev/null
        return 0
    fi
    # Whose word it is, process-identity.sh asks.
    nixproc_look "$1" && [ "$nixproc_links" = 1 ] || return 1
    case $nixproc_mode in -*) ;; *) return 1 ;; esac
    { nixproc_line_read=$(nixproc_tool dd if="$1" iflag=nofollow,nonblock bs=256 count=1); } 2>/dev/null && {
        nixproc_line_read=${nixproc_line_read%%
*}
        return 0
    }
    # The dd of another system knows no such flags.
    { IFS= read -r nixproc_line_read || :; } <"$1" 2>/dev/null
}

# nixproc_make_way FILE: sees to it that there is nothing at FILE's place but what may be opened. Fails, with words, when
# that is not in our power.
nixproc_make_way() {
    nixproc_shares "${1%/*}" || return 0
    nixproc_look "$1" || return 0
    ! nixproc_is_fit || return 0
    case $nixproc_mode in
        -*) nixproc_thing=file ;;
        d*) nixproc_thing=directory ;;
        l*) nixproc_thing=link ;;
        p*) nixproc_thing=pipe ;;
        *) nixproc_thing=device ;;
    esac
    [ "$nixproc_links" = 1 ] || [ "$nixproc_thing" != file ] || nixproc_thing="file with several names"
    nixproc_thing="a $nixproc_thing of user $nixproc_holder"
    # A second name of a file is nobody's: whoever made it need not own the file.
    if [ -n "$nixproc_sticky" ] && nixproc_is_root; then
        case $nixproc_mode in
            -*) nixproc_take_away "$1" && return 0 ;;
            *) ! nixproc_trusts && nixproc_take_away "$1" && return 0 ;;
        esac
    fi
    nixproc_explain "$nixproc_thing is in the way at $1: move it away"
    return 1
}

# nixproc_take_away PATH: removes what is there, without following or entering it; a directory that is not empty is moved
# aside.
nixproc_take_away() {
    case $nixproc_mode in
        d*)
            if nixproc_tool rmdir -- "$1" 2>/dev/null; then
                nixproc_explain "warning: removed $nixproc_thing from $1"
            elif nixproc_aside=$(nixproc_tool mktemp -d -- "$1.moved-XXXXXXXX" 2>/dev/null) &&
                nixproc_tool mv -- "$1" "$nixproc_aside/" 2>/dev/null; then
                nixproc_explain "warning: moved $nixproc_thing from $1 to $nixproc_aside"
            else
                return 1
            fi
            ;;
        *)
            nixproc_tool rm -f -- "$1" 2>/dev/null || return 1
            nixproc_explain "warning: removed $nixproc_thing from $1"
            ;;
    esac
}

# nixproc_make_log: makes the log of a service in a shared directory before anybody else can, for the service's user.
nixproc_make_log() {
    [ -n "${nixproc_log_file-}" ] && nixproc_shares "${nixproc_log_file%/*}" || return 0
    nixproc_make_way "$nixproc_log_file" || return 1
    ! nixproc_look "$nixproc_log_file" || return 0
    # A shell that makes a file may open what somebody has put there just before: a name of our own is certain, and
    # link(2) takes no name that is taken.
    nixproc_fresh=$(nixproc_tool mktemp -- "$nixproc_log_file.XXXXXXXX") || return 1
    if [ -n "${nixproc_user-}" ] && nixproc_is_root; then
        nixproc_tool chown -- "$nixproc_uid:$nixproc_gid" "$nixproc_fresh"
    fi && nixproc_tool chmod =rw -- "$nixproc_fresh" && nixproc_tool ln -n -- "$nixproc_fresh" "$nixproc_log_file" 2>/dev/null
    nixproc_tool rm -f -- "$nixproc_fresh"
    nixproc_look "$nixproc_log_file" && nixproc_is_fit && return 0
    nixproc_explain "the log $nixproc_log_file cannot be made: something is in the way"
    return 1
}

# nixproc_make_directories: makes the directories of the deployment that a reboot may have taken away.
nixproc_make_directories() {
    for nixproc_missing in "${nixproc_runtime_directory-}" "${nixproc_log_directory-}" "${nixproc_tmp_directory-}"; do
        [ -n "$nixproc_missing" ] && [ ! -d "$nixproc_missing" ] || continue
        (
            umask 022
            nixproc_tool mkdir -p -- "$nixproc_missing" || exit
            # Services of all users write there.
            if [ "$nixproc_missing" = "${nixproc_tmp_directory-}" ] && nixproc_is_root; then
                nixproc_tool chmod 1777 -- "$nixproc_missing"
            fi
        ) || nixproc_explain "the directory $nixproc_missing cannot be made"
    done
}
