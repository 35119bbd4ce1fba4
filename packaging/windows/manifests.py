#!/usr/bin/env python3
"""Writes version, hashes and product codes into the manifests of winget and scoop, from the files of a release.

    python3 packaging/windows/manifests.py FOLDER-OF-THE-PACKAGES FOLDER-FOR-THE-MANIFESTS

The first holds shardpress-VERSION-x86_64-user.msi, …-machine.msi and …-windows.zip; a missing one ends it with 1. The manifests in this folder are
the templates and stay as they are. Product codes are asked of msiinfo (msitools) or of Windows' own installer.
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys

TEMPLATES = os.path.dirname(os.path.abspath(__file__))
NO_HASH = "0" * 64
NO_CODE = "{00000000-0000-0000-0000-000000000000}"


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest().upper()


def product_code(path):
    if shutil.which("msiinfo"):
        rows = subprocess.run(["msiinfo", "export", path, "Property"], check=True, capture_output=True, text=True).stdout
        return re.search(r"^ProductCode\t(\{[^}]+\})", rows, re.M).group(1)
    script = (
        "$i = New-Object -ComObject WindowsInstaller.Installer;"
        "$d = $i.GetType().InvokeMember('OpenDatabase','InvokeMethod',$null,$i,@($args[0],0));"
        "$v = $d.GetType().InvokeMember('OpenView','InvokeMethod',$null,$d,@(\"SELECT Value FROM Property WHERE Property='ProductCode'\"));"
        "$v.GetType().InvokeMember('Execute','InvokeMethod',$null,$v,$null);"
        "$r = $v.GetType().InvokeMember('Fetch','InvokeMethod',$null,$v,$null);"
        "$r.GetType().InvokeMember('StringData','GetProperty',$null,$r,@(1))"
    )
    command = ["powershell", "-NoProfile", "-Command", "& {" + script + "} '" + os.path.abspath(path).replace("'", "''") + "'"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main(packages, out):
    with open(os.path.join(TEMPLATES, "..", "..", "Cargo.toml"), encoding="utf-8") as manifest:
        version = re.search(r'^version = "([^"]+)"', manifest.read(), re.M).group(1)
    for kind in ("winget", "scoop"):
        os.makedirs(os.path.join(out, kind), exist_ok=True)
        for name in sorted(os.listdir(os.path.join(TEMPLATES, kind))):
            with open(os.path.join(TEMPLATES, kind, name), encoding="utf-8") as file:
                text = file.read()
            # The templates are of the version that they were written for.
            was = re.search(r'(?:PackageVersion: |"version": ")([0-9.]+)', text).group(1)
            text = text.replace(was, version) if was != version else text
            lines = []
            package = None
            for line in text.split("\n"):
                url = re.search(r"/download/[^/]+/([^\"\s]+)", line)
                if url and "$version" not in line:
                    package = os.path.join(packages, url.group(1))
                if NO_HASH in line:
                    line = line.replace(NO_HASH, sha256(package))
                if NO_CODE in line:
                    line = line.replace(NO_CODE, product_code(package))
                lines.append(line)
            text = "\n".join(lines)
            assert NO_HASH not in text and NO_CODE not in text, name
            with open(os.path.join(out, kind, name), "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            print(os.path.join(out, kind, name))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2])
    except FileNotFoundError as error:
        sys.exit(f"manifests: {error.filename} is not there")
