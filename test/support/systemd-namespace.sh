# Boots a real systemd as PID 1 of its own namespaces, over a throw-away copy of the machine. Called with what is to be
# done ("enter", then by itself "boot"); SCRATCH is an empty directory, CGROUP the name of a cgroup of our own.
set -eu

case $1 in
  enter)
    # Everything lives in this file system, which is gone with the last process of the mount namespace.
    mount -t tmpfs -o mode=755 tmpfs "$SCRATCH"
    mkdir "$SCRATCH/cgroup" "$SCRATCH/upper" "$SCRATCH/work" "$SCRATCH/root"
    # systemd wants a cgroup2 hierarchy to itself: a cgroup namespace makes the subtree look like one.
    mount -t cgroup2 cgroup2 "$SCRATCH/cgroup"
    mkdir "$SCRATCH/cgroup/$CGROUP"
    echo $$ >"$SCRATCH/cgroup/$CGROUP/cgroup.procs"
    umount "$SCRATCH/cgroup"
    # It boots once for each line. Killing this shell ends what it has booted.
    while read -r _; do
      setpriv --pdeathsig KILL unshare --mount --cgroup --pid --fork --ipc --uts --kill-child=KILL sh "$0" boot </dev/null || true
    done
    ;;
  boot)
    root=$SCRATCH/root
    mount -t overlay -o "lowerdir=/,upperdir=$SCRATCH/upper,workdir=$SCRATCH/work" overlay "$root"
    cd "$root"

    # Nothing that this machine has enabled, and nothing that would touch what namespaces share. What was enabled since is
    # what the next boot is to find.
    [ -d old-root ] || rm -rf etc/systemd/system etc/systemd/user etc/rc[0-9S].d/*
    mkdir -p etc/systemd/system etc/systemd/user etc/systemd/journald.conf.d
    for unit in \
      systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service systemd-tmpfiles-clean.timer \
      systemd-udevd.service systemd-udev-trigger.service systemd-sysctl.service systemd-modules-load.service \
      systemd-binfmt.service proc-sys-fs-binfmt_misc.automount proc-sys-fs-binfmt_misc.mount \
      systemd-firstboot.service systemd-random-seed.service systemd-update-utmp.service \
      systemd-update-utmp-runlevel.service systemd-journald-audit.socket systemd-remount-fs.service \
      dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
      sys-kernel-config.mount sys-fs-fuse-connections.mount getty.target console-getty.service \
      apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer; do
      ln -sf /dev/null "etc/systemd/system/$unit"
    done
    printf '[Journal]\nStorage=volatile\nReadKMsg=no\n' >etc/systemd/journald.conf.d/test.conf
    # Its private directory would stay in /tmp, which is the machine's own.
    mkdir -p usr/lib/systemd/system/systemd-logind.service.d
    printf '[Service]\nPrivateTmp=no\n' >usr/lib/systemd/system/systemd-logind.service.d/test.conf
    : >etc/fstab

    mount -t proc proc proc
    mount --bind proc/sys proc/sys
    mount -o remount,bind,ro proc/sys
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 tmpfs run
    # systemd-tmpfiles would make it so, for those who may read the journal.
    mkdir -p run/log
    install -d --group=systemd-journal --mode=2755 run/log/journal
    # A /dev of its own: journald makes a socket there.
    mount -t tmpfs -o mode=755 tmpfs dev
    mkdir dev/pts dev/shm dev/mqueue
    for device in null zero full random urandom tty; do
      : >"dev/$device"
      mount --bind "/dev/$device" "dev/$device"
    done
    : >dev/console
    mount --bind /dev/null dev/console
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
    mount -t mqueue mqueue dev/mqueue
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    ln -s fd/0 dev/stdin
    ln -s fd/1 dev/stdout
    ln -s fd/2 dev/stderr
    # Shared with the machine: where the tests have their deployments, and the Nix store.
    mount --bind /tmp tmp
    if [ -d /nix ]; then
      mkdir -p nix
      mount --rbind /nix nix
    fi

    mkdir -p old-root
    pivot_root . old-root
    cd /
    umount -l old-root
    mount --make-rshared /
    exec env -i container=test LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      /lib/systemd/systemd --system --unit=multi-user.target --show-status=0 --log-target=journal-or-kmsg
    ;;
esac
