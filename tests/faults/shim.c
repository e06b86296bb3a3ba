/* Fails or kills the k-th call by which a process changes what is on a disk, and notes what is on it for sure.
 *
 * Preloaded into a process (LD_PRELOAD); does nothing before `fault_arm`. Only calls on what lies under the given folders count.
 * With a log, every call is a line `number kind path`, and what is durable after it is noted, too:
 *
 *     number N inode what         a new `file` or `folder`, of which nothing is durable yet
 *     number F inode copy         the content of a file at an fsync, copied to the file `copy` beside the log
 *     number D inode copy         the entries of a folder at an fsync, one `name inode` a line in that file
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST 4

static int armed, persists, error_number, unders;
static long at, count, copies;
static char under[MOST][PATH_MAX], beside[PATH_MAX];
static int log_fd = -1;
static __thread int inside;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* error: an errno, or 0 to be killed; from: the number of the call, or 0 for none; all: whether every later one fails, too. */
void fault_arm(const char *folders, int error, long from, int all, const char *folder_of_log) {
    char list[PATH_MAX];
    snprintf(list, sizeof list, "%s", folders);
    unders = 0;
    for (char *each = strtok(list, ":"); each && unders < MOST; each = strtok(NULL, ":"))
        snprintf(under[unders++], PATH_MAX, "%s", each);
    error_number = error;
    at = from;
    persists = all;
    count = copies = 0;
    if (folder_of_log && *folder_of_log) {
        char path[PATH_MAX + 8];
        snprintf(beside, sizeof beside, "%s", folder_of_log);
        snprintf(path, sizeof path, "%s/log", beside);
        log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    armed = 1;
}

static void note(const char *kind, const char *what) {
    if (log_fd < 0) return;
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", count, kind, what);
    inside++;
    if (write(log_fd, line, (size_t)length) != length) abort();
    inside--;
}

static int watched(const char *path) {
    for (int each = 0; each < unders; each++) {
        size_t length = strlen(under[each]);
        if (!strncmp(path, under[each], length) && (path[length] == '/' || !path[length])) return 1;
    }
    return 0;
}

/* Write the absolute path of what a call names to `into`; return whether it is watched. */
static int named(int folder, const char *path, char *into) {
    if (!armed || inside) return 0;
    if (*path == '/') {
        snprintf(into, PATH_MAX, "%s", path);
    } else {
        char link[64], base[PATH_MAX];
        if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0) return 0;
        base[length] = 0;
        if ((size_t)snprintf(into, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    }
    return watched(into);
}

static int opened(int file, char *into) {
    if (!armed || inside) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, into, PATH_MAX - 1);
    if (length < 0) return 0;
    into[length] = 0;
    return watched(into);
}

/* Count a call; kill the process or return 1 if it is the one that is meant. */
static int refused(const char *kind, const char *path) {
    long number = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    note(kind, path);
    if (!at || number < at || (number > at && !persists)) return 0;
    if (!error_number) kill(getpid(), SIGKILL);
    errno = error_number;
    return 1;
}

static void is_new(const char *path) {
    if (log_fd < 0) return;
    struct stat found;
    char said[32];
    if (lstat(path, &found)) return;
    snprintf(said, sizeof said, "%ju %s", (uintmax_t)found.st_ino, S_ISDIR(found.st_mode) ? "folder" : "file");
    note("N", said);
}

static void copy_of(int file, const struct stat *found) {
    char path[PATH_MAX + 32], block[65536], said[64];
    long number = ++copies;
    snprintf(path, sizeof path, "%s/copy-%ld", beside, number);
    inside++;
    int copy = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    int source = open(link, O_RDONLY | O_CLOEXEC);
    ssize_t length;
    while (source >= 0 && (length = read(source, block, sizeof block)) > 0)
        if (write(copy, block, (size_t)length) != length) abort();
    close(source);
    close(copy);
    inside--;
    snprintf(said, sizeof said, "%ju copy-%ld", (uintmax_t)found->st_ino, number);
    note("F", said);
}

static void entries_of(const char *folder, const struct stat *found) {
    char path[PATH_MAX + 32], said[64];
    long number = ++copies;
    snprintf(path, sizeof path, "%s/copy-%ld", beside, number);
    inside++;
    FILE *list = fopen(path, "w");
    DIR *all = opendir(folder);
    struct dirent *each;
    while (all && (each = readdir(all)))
        if (strcmp(each->d_name, ".") && strcmp(each->d_name, ".."))
            fprintf(list, "%s %ju\n", each->d_name, (uintmax_t)each->d_ino);
    if (all) closedir(all);
    fclose(list);
    inside--;
    snprintf(said, sizeof said, "%ju copy-%ld", (uintmax_t)found->st_ino, number);
    note("D", said);
}

static void is_durable(int file, const char *path) {
    if (log_fd < 0) return;
    struct stat found;
    if (fstat(file, &found)) return;
    if (S_ISDIR(found.st_mode)) entries_of(path, &found);
    else copy_of(file, &found);
}

#define SYNC(name) \
    int name(int file) { \
        REAL(name); \
        char path[PATH_MAX]; \
        int ours = opened(file, path); \
        if (ours && refused("fsync", path)) return -1; \
        int done = real(file); \
        if (ours && !done) is_durable(file, path); \
        return done; \
    }
SYNC(fsync)
SYNC(fdatasync)

#define ON_FILE(type, name, kind, signature, call) \
    type name signature { \
        REAL(name); \
        char path[PATH_MAX]; \
        if (opened(file, path) && refused(kind, path)) return -1; \
        return real call; \
    }
ON_FILE(ssize_t, write, "write", (int file, const void *from, size_t size), (file, from, size))
ON_FILE(ssize_t, pwrite, "write", (int file, const void *from, size_t size, off_t place), (file, from, size, place))
ON_FILE(ssize_t, pwrite64, "write", (int file, const void *from, size_t size, off64_t place), (file, from, size, place))
ON_FILE(ssize_t, writev, "write", (int file, const struct iovec *from, int many), (file, from, many))
ON_FILE(ssize_t, pwritev, "write", (int file, const struct iovec *from, int many, off_t place), (file, from, many, place))
ON_FILE(ssize_t, sendfile, "write", (int file, int from, off_t *place, size_t size), (file, from, place, size))
ON_FILE(ssize_t, sendfile64, "write", (int file, int from, off64_t *place, size_t size), (file, from, place, size))
ON_FILE(int, ftruncate, "truncate", (int file, off_t size), (file, size))
ON_FILE(int, ftruncate64, "truncate", (int file, off64_t size), (file, size))

#define ON_PATH(name, kind, folder, signature, call) \
    int name signature { \
        REAL(name); \
        char place[PATH_MAX]; \
        if (named(folder, path, place) && refused(kind, place)) return -1; \
        return real call; \
    }
ON_PATH(unlink, "unlink", AT_FDCWD, (const char *path), (path))
ON_PATH(unlinkat, "unlink", folder, (int folder, const char *path, int flags), (folder, path, flags))
ON_PATH(rmdir, "unlink", AT_FDCWD, (const char *path), (path))
ON_PATH(rename, "rename", AT_FDCWD, (const char *from, const char *path), (from, path))
ON_PATH(renameat, "rename", folder, (int one, const char *from, int folder, const char *path), (one, from, folder, path))
ON_PATH(link, "link", AT_FDCWD, (const char *from, const char *path), (from, path))
ON_PATH(linkat, "link", folder, (int one, const char *from, int folder, const char *path, int flags), (one, from, folder, path, flags))
ON_PATH(chmod, "chmod", AT_FDCWD, (const char *path, mode_t mode), (path, mode))

#define MAKES_FOLDER(name, folder, signature, call) \
    int name signature { \
        REAL(name); \
        char place[PATH_MAX]; \
        int ours = named(folder, path, place); \
        if (ours && refused("mkdir", place)) return -1; \
        int done = real call; \
        if (ours && !done) is_new(place); \
        return done; \
    }
MAKES_FOLDER(mkdir, AT_FDCWD, (const char *path, mode_t mode), (path, mode))
MAKES_FOLDER(mkdirat, folder, (int folder, const char *path, mode_t mode), (folder, path, mode))

#define OPENS(name, folder, signature, call) \
    int name signature { \
        REAL(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | __O_TMPFILE)) { \
            va_list given; \
            va_start(given, flags); \
            mode = va_arg(given, mode_t); \
            va_end(given); \
        } \
        char place[PATH_MAX]; \
        int ours = flags & O_CREAT && named(folder, path, place) && access(place, F_OK); \
        if (ours && refused("create", place)) return -1; \
        int done = real call; \
        if (ours && done >= 0) is_new(place); \
        return done; \
    }
OPENS(open, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPENS(open64, AT_FDCWD, (const char *path, int flags, ...), (path, flags, mode))
OPENS(openat, folder, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
OPENS(openat64, folder, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
