/* A disk that breaks at a chosen call: put in front of the C library (LD_PRELOAD), asleep until it is armed.

   Calls that touch files below `root` are counted. At call `step` the process is killed, or the disk breaks once (EIO),
   fills up for good (ENOSPC), shuts for good (EACCES), or hands over and takes only short pieces from there on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { NONE, COUNT, KILL, IO, FULL, SHUT, SHORT };
enum { READS = 1, WRITES = 2, NAMES = 4, OPENS = 8, MAKES = 16, CLEANS = 32 };
static char root[4096];
static int kind;
static long step, counted, *shared;

void disk_arm(const char *where, int what, long when, long *tell) {
  snprintf(root, sizeof root, "%s/", where);
  step = when;
  counted = 0;
  shared = tell;
  kind = what;
}

__attribute__((constructor)) static void arm_by_environment(void) {
  /* A process that was started by an armed one breaks too. */
  char *told = getenv("BROKEN_DISK"), where[4096];
  int what;
  long when;
  if (told && sscanf(told, "%d|%ld|%4095[^\n]", &what, &when, where) == 3) disk_arm(where, what, when, NULL);
}

static int below(const char *path) { return strncmp(path, root, strlen(root)) == 0; }

static int held(int fd) {
  char link[64], name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, name, sizeof name - 1);
  if (n <= 0) return 0;
  name[n] = 0;
  return below(name);
}

/* 0: go on; -1: fail with errno set; 1: short pieces. */
static int broken(int deed, const char *path, int fd) {
  if (!kind || !(path ? below(path) || (path[0] != '/' && fd >= 0 && held(fd)) : held(fd))) return 0;
  counted++;
  if (shared) shared[0] = counted;
  if (kind == COUNT || counted < step) return 0;
  if (kind == IO && counted > step) return 0;
  int hit = kind == KILL ? 1
            : kind == IO ? !(deed & CLEANS)
            : kind == FULL ? deed & (WRITES | MAKES | NAMES)
            : kind == SHUT ? deed & (OPENS | MAKES | NAMES)
            : deed & (READS | WRITES);
  if (!hit) {
    if (kind == IO) step = counted + 1;
    return 0;
  }
  if (shared) shared[1] = 1;
  if (kind == KILL) kill(getpid(), SIGKILL);
  if (kind == SHORT) return 1;
  errno = kind == IO ? EIO : kind == FULL ? ENOSPC : EACCES;
  return -1;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)
#define PIECE 777

ssize_t read(int fd, void *to, size_t n) {
  REAL(ssize_t, "read", int, void *, size_t);
  int how = broken(READS, NULL, fd);
  return how < 0 ? -1 : real(fd, to, how && n > PIECE ? PIECE : n);
}
ssize_t write(int fd, const void *from, size_t n) {
  REAL(ssize_t, "write", int, const void *, size_t);
  int how = broken(WRITES, NULL, fd);
  return how < 0 ? -1 : real(fd, from, how && n > PIECE ? PIECE : n);
}
#define READ_AT(name) \
  ssize_t name(int fd, void *to, size_t n, off64_t at) { \
    REAL(ssize_t, #name, int, void *, size_t, off64_t); \
    int how = broken(READS, NULL, fd); \
    return how < 0 ? -1 : real(fd, to, how && n > PIECE ? PIECE : n, at); \
  }
READ_AT(pread)
READ_AT(pread64)
#define WRITE_AT(name) \
  ssize_t name(int fd, const void *from, size_t n, off64_t at) { \
    REAL(ssize_t, #name, int, const void *, size_t, off64_t); \
    int how = broken(WRITES, NULL, fd); \
    return how < 0 ? -1 : real(fd, from, how && n > PIECE ? PIECE : n, at); \
  }
WRITE_AT(pwrite)
WRITE_AT(pwrite64)
#define SEND(name) \
  ssize_t name(int to, int from, off64_t *at, size_t n) { \
    REAL(ssize_t, #name, int, int, off64_t *, size_t); \
    int how = broken(WRITES, NULL, to); \
    return how < 0 ? -1 : real(to, from, at, how && n > PIECE ? PIECE : n); \
  }
SEND(sendfile)
SEND(sendfile64)
#define SYNC(name) \
  int name(int fd) { \
    REAL(int, #name, int); \
    return broken(WRITES, NULL, fd) < 0 ? -1 : real(fd); \
  }
SYNC(fsync)
SYNC(fdatasync)
#define CUT(name) \
  int name(int fd, off64_t size) { \
    REAL(int, #name, int, off64_t); \
    return broken(MAKES, NULL, fd) < 0 ? -1 : real(fd, size); \
  }
CUT(ftruncate)
CUT(ftruncate64)
#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    va_list more; \
    va_start(more, flags); \
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; \
    va_end(more); \
    return broken(flags & O_CREAT ? MAKES : OPENS, path, -1) < 0 ? -1 : real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)
#define OPEN_AT(name) \
  int name(int at, const char *path, int flags, ...) { \
    REAL(int, #name, int, const char *, int, ...); \
    va_list more; \
    va_start(more, flags); \
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; \
    va_end(more); \
    return broken(flags & O_CREAT ? MAKES : OPENS, path, at) < 0 ? -1 : real(at, path, flags, mode); \
  }
OPEN_AT(openat)
OPEN_AT(openat64)
int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  return broken(NAMES, to, -1) < 0 ? -1 : real(from, to);
}
int link(const char *from, const char *to) {
  REAL(int, "link", const char *, const char *);
  return broken(NAMES, to, -1) < 0 ? -1 : real(from, to);
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  return broken(MAKES, path, -1) < 0 ? -1 : real(path, mode);
}
int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  return broken(CLEANS, path, -1) < 0 ? -1 : real(path);
}
int unlinkat(int at, const char *path, int flags) {
  REAL(int, "unlinkat", int, const char *, int);
  return broken(CLEANS, path, at) < 0 ? -1 : real(at, path, flags);
}
int rmdir(const char *path) {
  REAL(int, "rmdir", const char *);
  return broken(CLEANS, path, -1) < 0 ? -1 : real(path);
}
