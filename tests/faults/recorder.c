/* A disk that remembers: a FUSE file system of one file, `disk`, over an image. Every block that is written and every flush of the
   drive's cache is appended to a log in the order in which they arrived, so that any moment of a run can be built again later:
   the pristine image and the log up to there are what a power cut would have left. Loop-mount `disk` to use it.

   usage: recorder IMAGE LOG CONTROL MOUNTPOINT -s -f        (one thread: the log must be one order)

   Log entry, little-endian: u64 offset, u32 length, u32 kind (1 = write, followed by its data; 2 = flush; 3 = refused with EIO).
   CONTROL, 32 bytes shared with whoever steers it, four i64: writes to let pass, then writes to refuse; flushes to let pass, then
   flushes to refuse. A refused write changes nothing. */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct entry {
    uint64_t offset;
    uint32_t length, kind;
};
struct gate {
    volatile int64_t pass, refuse;
};

static int image, record;
static off_t size;
static struct gate *gates; /* 0: writes, 1: flushes */

static void append(uint32_t kind, uint64_t offset, uint32_t length, const void *data) {
    struct entry entry = {offset, length, kind};
    struct iovec parts[2] = {{&entry, sizeof entry}, {(void *)data, data ? length : 0}};
    ssize_t wanted = (ssize_t)(sizeof entry + parts[1].iov_len);
    if (writev(record, parts, 2) != wanted) {
        /* A log with a hole would build disks that never were. */
        perror("recorder: the log cannot be written");
        _exit(3);
    }
}

static int refused(struct gate *gate) {
    if (gate->refuse <= 0)
        return 0;
    if (gate->pass > 0) {
        gate->pass--;
        return 0;
    }
    gate->refuse--;
    return 1;
}

static int on_getattr(const char *path, struct stat *out, struct fuse_file_info *info) {
    (void)info;
    memset(out, 0, sizeof *out);
    if (!strcmp(path, "/")) {
        out->st_mode = S_IFDIR | 0755;
        out->st_nlink = 2;
        return 0;
    }
    if (strcmp(path, "/disk"))
        return -ENOENT;
    out->st_mode = S_IFREG | 0600;
    out->st_nlink = 1;
    out->st_size = size;
    return 0;
}

static int on_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
                      enum fuse_readdir_flags flags) {
    (void)path, (void)offset, (void)info, (void)flags;
    fill(buffer, ".", NULL, 0, 0);
    fill(buffer, "..", NULL, 0, 0);
    fill(buffer, "disk", NULL, 0, 0);
    return 0;
}

static int on_open(const char *path, struct fuse_file_info *info) {
    (void)info;
    return strcmp(path, "/disk") ? -ENOENT : 0;
}

static int on_read(const char *path, char *buffer, size_t length, off_t offset, struct fuse_file_info *info) {
    (void)path, (void)info;
    ssize_t done = pread(image, buffer, length, offset);
    return done < 0 ? -errno : (int)done;
}

static int on_write(const char *path, const char *buffer, size_t length, off_t offset, struct fuse_file_info *info) {
    (void)path, (void)info;
    if (offset + (off_t)length > size)
        return -ENOSPC;
    if (refused(&gates[0])) {
        append(3, (uint64_t)offset, (uint32_t)length, NULL);
        return -EIO;
    }
    ssize_t done = pwrite(image, buffer, length, offset);
    if (done < 0)
        return -errno;
    append(1, (uint64_t)offset, (uint32_t)done, buffer);
    return (int)done;
}

static int on_fsync(const char *path, int only_data, struct fuse_file_info *info) {
    (void)path, (void)only_data, (void)info;
    if (refused(&gates[1])) {
        append(3, 0, 0, NULL);
        return -EIO;
    }
    append(2, 0, 0, NULL);
    return 0;
}

/* A request of the loop device has to arrive in one piece: where the second of two pieces is refused, the loop driver takes the short
   write for a whole one, and the drive has lied. platter.py keeps requests below this. */
static void *on_init(struct fuse_conn_info *connection, struct fuse_config *config) {
    (void)config;
    connection->max_write = 1 << 20;
    return NULL;
}

static const struct fuse_operations operations = {
    .init = on_init,
    .getattr = on_getattr,
    .readdir = on_readdir,
    .open = on_open,
    .read = on_read,
    .write = on_write,
    .fsync = on_fsync,
};

int main(int count, char **words) {
    if (count < 5) {
        fprintf(stderr, "usage: recorder IMAGE LOG CONTROL MOUNTPOINT -s -f\n");
        return 2;
    }
    struct stat found;
    image = open(words[1], O_RDWR);
    record = open(words[2], O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
    int control = open(words[3], O_RDWR);
    if (image < 0 || record < 0 || control < 0 || fstat(image, &found)) {
        perror("recorder");
        return 1;
    }
    size = found.st_size;
    gates = mmap(NULL, 2 * sizeof *gates, PROT_READ | PROT_WRITE, MAP_SHARED, control, 0);
    if (gates == MAP_FAILED) {
        perror("recorder: the control file");
        return 1;
    }
    words[3] = words[0];
    return fuse_main(count - 3, words + 3, &operations, NULL);
}
