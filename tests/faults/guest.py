"""A machine of its own whose kernel knows SMB, NFS, FAT and exFAT: Debian's cloud kernel in QEMU (no KVM needed), busybox, and the
program, which has to be linked statically. It reaches this machine as 10.0.2.2, where `Servers` exports a folder by Samba and by
Ganesha on ports of their own. Commands go in and answers come out by its serial line.

Needs root, qemu-system-x86, busybox-static, cpio, kmod, samba, nfs-ganesha, nfs-ganesha-vfs, and apt-get for the kernel's package, which
is unpacked into a folder for caches and installed nowhere.
"""
import glob
import os
import queue
import shutil
import socket
import subprocess
import threading
import time

import lab

# The kernel is the same for all campaigns: 27 MB that need not be fetched each time.
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "shardpress-faults")
SMB_PORT, NFS_PORT = 14445, 12049
MODULES = "virtio_pci virtio_net cmac ccm gcm aes_generic sha512_generic sha256_generic ecb md5 hmac md4 nls_utf8 cifs nfsv4 nfs exfat vfat nls_cp437 nls_ascii loop"
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin; mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev; mount -t tmpfs t /tmp
mkdir -p /dev/shm
for m in %s; do modprobe $m 2>/dev/null; done
ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2
export HOME=/tmp XDG_DATA_HOME=/tmp/data XDG_CONFIG_HOME=/tmp/config
stty -echo 2>/dev/null; echo; echo guest-is-ready
while read -r number line; do eval "$line" > /tmp/said 2>&1 < /dev/null; code=$?; tail -c 1500 /tmp/said; echo; echo "answer-$number $code"; done
poweroff -f
""" % MODULES


def needs(*programs):
    for program in programs:
        if not shutil.which(program):
            lab.skip(f"{program} is not installed (tests/faults/setup.sh installs it)")


def is_static(program):
    """No interpreter is named in an ELF that is linked statically."""
    said = subprocess.run(["readelf", "-lW", program], capture_output=True, text=True)
    return said.returncode == 0 and "INTERP" not in said.stdout


def kernel():
    """The unpacked package of Debian's cloud kernel: its folder and version."""
    place = os.path.join(CACHE, "kernel")
    if not glob.glob(os.path.join(place, "boot", "vmlinuz-*")):
        needs("apt-get", "apt-cache", "dpkg-deb")
        shown = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"], capture_output=True, text=True).stdout
        names = [line.split()[1] for line in shown.splitlines() if line.strip().startswith("Depends: linux-image")]
        if not names:
            lab.skip("apt knows no linux-image-cloud-amd64")
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        done = subprocess.run(["apt-get", "download", names[0]], cwd=place, capture_output=True, text=True)
        packages = glob.glob(os.path.join(place, "*.deb"))
        if done.returncode or not packages:
            lab.skip(f"{names[0]} cannot be fetched: {done.stderr.strip()[-200:]}")
        subprocess.run(["dpkg-deb", "-x", packages[0], place], check=True)
        os.unlink(packages[0])
    image = glob.glob(os.path.join(place, "boot", "vmlinuz-*"))[0]
    return place, image, os.path.basename(image).split("-", 1)[1]


class Servers:
    """Samba and Ganesha over one folder, in processes of their own that can be ended and begun again."""

    def __init__(self, at_lab, folder):
        needs("smbd", "ganesha.nfsd")
        self.lab, self.folder, self.running = at_lab, folder, {}
        state = at_lab.path("servers")
        os.makedirs(os.path.join(state, "ncalrpc"), exist_ok=True)
        os.makedirs(folder, exist_ok=True)
        self.state, places = state, "\n".join(f" {name} directory = {state}" for name in ("pid", "lock", "state", "cache"))
        with open(os.path.join(state, "smb.conf"), "w") as file:
            file.write(
                f"[global]\n server role = standalone server\n map to guest = Bad User\n guest account = root\n smb ports = {SMB_PORT}\n"
                f" interfaces = lo\n bind interfaces only = yes\n disable netbios = yes\n load printers = no\n log file = {state}/smbd.log\n"
                f"{places}\n private dir = {state}\n ncalrpc dir = {state}/ncalrpc\n"
                f"[data]\n path = {folder}\n read only = no\n guest ok = yes\n force user = root\n"
            )
        with open(os.path.join(state, "ganesha.conf"), "w") as file:
            file.write(
                f"NFS_CORE_PARAM {{ NFS_Port = {NFS_PORT}; MNT_Port = {NFS_PORT + 1}; NLM_Port = {NFS_PORT + 2}; Rquota_Port = {NFS_PORT + 3};"
                " Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; Bind_addr = 127.0.0.1; }\n"
                f"NFSV4 {{ RecoveryRoot = {state}; Graceless = true; Lease_Lifetime = 20; }}\n"
                f"EXPORT {{ Export_Id = 77; Path = {folder}; Pseudo = /data; Access_Type = RW; Squash = No_Root_Squash; Protocols = 4;"
                " SecType = sys; Attr_Expiration_Time = 0; FSAL { Name = VFS; } }\n"
            )
        for name, port in (("smb", SMB_PORT), ("nfs", NFS_PORT)):
            if self.answers(port):
                lab.skip(f"port {port} is taken by another program")
            self.start(name)

    @staticmethod
    def answers(port):
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def start(self, name):
        commands = {
            "smb": ["smbd", "-F", "--no-process-group", "-s", os.path.join(self.state, "smb.conf")],
            "nfs": ["ganesha.nfsd", "-F", "-f", os.path.join(self.state, "ganesha.conf"), "-L", os.path.join(self.state, "ganesha.log")]
            + ["-p", os.path.join(self.state, "ganesha.pid")],
        }
        with open(os.path.join(self.state, name + ".said"), "ab") as said:
            child = subprocess.Popen(commands[name], stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
        self.lab.children.append(child)
        self.running[name] = child
        port = {"smb": SMB_PORT, "nfs": NFS_PORT}[name]
        for _ in range(300):
            if self.answers(port):
                return
            if child.poll() is not None:
                break
            time.sleep(0.1)
        with open(os.path.join(self.state, name + ".said"), errors="replace") as said:
            raise RuntimeError(f"the {name} server did not start: {said.read()[-600:]}")

    def end(self, name):
        """As if it crashed: its clients hear nothing more."""
        child = self.running[name]
        os.killpg(child.pid, 9)
        child.wait()


class Guest:
    """The machine; `do` runs one line of shell in it."""

    def __init__(self, at_lab, program, memory=1024):
        needs("qemu-system-x86_64", "cpio", "depmod", "busybox")
        self.lab, self.number, self.answers, self.said = at_lab, 0, queue.Queue(), []
        place, image, version = kernel()
        root = at_lab.path("initramfs")
        modules = os.path.join(root, "lib", "modules", version)
        for folder in ("bin", "sbin", "dev", "proc", "sys", "tmp", "mnt", modules + "/kernel"):
            os.makedirs(os.path.join(root, folder), exist_ok=True)
        shutil.copy(shutil.which("busybox"), os.path.join(root, "bin", "busybox"))
        os.symlink("/bin/busybox", os.path.join(root, "sbin", "modprobe"))
        shutil.copy(program, os.path.join(root, "bin", "shardpress"))
        there = os.path.join(place, "lib", "modules", version)
        for folder in ("fs", "net/dns_resolver", "net/sunrpc", "net/core", "drivers/block", "drivers/net", "crypto", "lib", "arch", "drivers/virtio"):
            if os.path.exists(os.path.join(there, "kernel", folder)):
                shutil.copytree(os.path.join(there, "kernel", folder), os.path.join(modules, "kernel", folder), dirs_exist_ok=True)
        for name in ("modules.builtin", "modules.order"):
            shutil.copy(os.path.join(there, name), modules)
        subprocess.run(["depmod", "-b", root, version], stderr=subprocess.DEVNULL)
        with open(os.path.join(root, "init"), "w") as file:
            file.write(INIT)
        os.chmod(os.path.join(root, "init"), 0o755)
        archive = at_lab.path("initramfs.gz")
        at_lab.sh("sh", "-c", f"cd '{root}' && find . | cpio -o -H newc 2>/dev/null | gzip -1 > '{archive}'")
        shutil.rmtree(root)
        self.child = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", str(memory), "-smp", "2", "-nodefaults", "-no-reboot"]
            + ["-display", "none", "-serial", "stdio", "-kernel", image, "-initrd", archive, "-append", "console=ttyS0 quiet panic=-1"]
            + ["-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n,romfile="],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        at_lab.children.append(self.child)
        self.ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        if not self.ready.wait(240):
            raise RuntimeError("the guest did not start: " + " / ".join(self.said[-5:]))

    def _listen(self):
        for line in self.child.stdout:
            line = line.decode("utf8", "replace").strip("\r\n")
            if line.startswith("guest-is-ready"):
                self.ready.set()
            elif line.startswith("answer-"):
                number, code = line[len("answer-") :].split()
                self.answers.put((int(number), int(code), "\n".join(self.said)))
                self.said = []
            else:
                self.said.append(line)

    def begin(self, command):
        """Sends a line and does not wait; `answer` does."""
        self.number += 1
        self.child.stdin.write(f"{self.number} {command}\n".encode())
        self.child.stdin.flush()
        return self.number

    def answer(self, number, patience=300):
        late = time.monotonic() + patience
        while True:
            got, code, said = self.answers.get(timeout=max(0.1, late - time.monotonic()))
            if got == number:
                return code, said

    def do(self, command, patience=300):
        try:
            return self.answer(self.begin(command), patience)
        except queue.Empty:
            raise RuntimeError(f"the guest does not answer to: {command}") from None
