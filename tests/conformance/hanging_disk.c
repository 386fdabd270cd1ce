/* A disk that neither takes nor refuses: preloaded into the server.
 *
 * While the file that STRONGROOM_TEST_HANG names is there, syncs wait, and writes of the store;
 * only those of files whose path contains the text in that file. What was asked for is done once
 * the file is gone, as on a disk that answers again.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int hangs(const char *path)
{
    char wanted[64];
    const char *control = getenv("STRONGROOM_TEST_HANG");
    int file = control ? open(control, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length;

    if (file < 0)
        return 0;
    length = read(file, wanted, sizeof wanted - 1);
    close(file);
    wanted[length > 0 ? length : 0] = 0;
    return strstr(path, wanted) != NULL;
}

static void wait_for_disk(int fd, const char *only)
{
    char link[64], path[4096];
    ssize_t length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    if (only && !strstr(path, only))
        return;
    while (hangs(path))
        usleep(2000);
}

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

int fsync(int fd)
{
    wait_for_disk(fd, NULL);
    return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    wait_for_disk(fd, NULL);
    return REAL(fdatasync)(fd);
}

int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags)
{
    wait_for_disk(fd, NULL);
    return REAL(sync_file_range)(fd, offset, length, flags);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    wait_for_disk(fd, "/store.sqlite");
    return REAL(pwrite)(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
    wait_for_disk(fd, "/store.sqlite");
    return REAL(pwrite64)(fd, bytes, length, offset);
}
