# Makes a machine's root, in namespaces that unshare has made, and becomes its shell: FOLDER INSTALLED NODE [CGROUP]. See machine.ts.
# With CGROUP, a folder of the kernel's control groups, systemd is its first process, and the shell a child of that.
set -euo pipefail
folder=$1 installed=$2 node=$3 cgroup=${4:-} npm=$(command -v npm)

if [ -n "$cgroup" ] && [ -z "${IN_CGROUP:-}" ]; then
  echo 0 > "$cgroup/cgroup.procs"
  IN_CGROUP=1 exec unshare --cgroup bash "$0" "$@"
fi

mount --make-rprivate /
mount -t tmpfs none "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
cd "$folder/root"
mount -t proc proc proc
mount --rbind /dev dev
mount --rbind /sys sys
for clean in tmp var/tmp run root home srv; do mount -t tmpfs -o mode=1777 none "$clean"; done
mkdir -p opt/installed run/nginx run/haproxy
mount --bind "$installed" opt/installed
ip link set lo up
# As on a terminal, where its answer is all that it shows.
printf 'silent\n' > root/.curlrc

# npm installs what there is; everything else of it is npm's own.
printf '#!%s\n' "$node" | cat - opt/installed/npm.mjs > usr/local/bin/npm
chmod +x usr/local/bin/npm
ln -sf "$node" usr/local/bin/node

shell=(chroot . env -i HOME=/root USER=root LANG=C.UTF-8 TERM=dumb REAL_NPM="$npm"
  PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin bash)
[ -n "$cgroup" ] || exec "${shell[@]}"

# Nothing runs on it but systemd itself and its journal.
mount -t cgroup2 none sys/fs/cgroup
rm -rf etc/systemd/system/*.wants etc/machine-id
echo > etc/fstab
systemd-id128 new > etc/machine-id
"${shell[@]}" <&0 &
exec chroot . env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=basic.target \
  --show-status=0 --log-target=null < /dev/null > /dev/null 2>&1
