/* Puts the wall clock of one process off, for LD_PRELOAD: by the seconds (int64) in the file that
 * STEPPED_CLOCK names, read anew at every look at the clock, so that writing the file is a step.
 * Monotonic time goes on, as it does when a machine's clock is set.
 *
 * libfaketime leaves C11's cnd_timedwait alone: with a clock that is a day ahead, each of librdkafka's
 * waits (a deadline in wall time) would last a day, which no real step does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static const int64_t none = 0;
static const volatile int64_t *offset = &none;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_cnd_timedwait)(cnd_t *, mtx_t *, const struct timespec *);
static int (*real_pthread_cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

__attribute__((constructor)) static void find(void) {
    if (real_clock_gettime)
        return;
    real_cnd_timedwait = dlsym(RTLD_NEXT, "cnd_timedwait");
    real_pthread_cond_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("STEPPED_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *map = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED)
        offset = map;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    find();
    int result = real_clock_gettime(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *offset;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t *seconds) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (seconds)
        *seconds = now.tv_sec;
    return now.tv_sec;
}

/* Deadlines in stepped time, for a kernel that knows the real one. */
static struct timespec in_real_time(const struct timespec *deadline) {
    struct timespec real = *deadline;
    real.tv_sec -= *offset;
    return real;
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *deadline) {
    find();
    struct timespec real = in_real_time(deadline);
    return real_cnd_timedwait(condition, mutex, &real);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline) {
    find();
    struct timespec real = in_real_time(deadline);
    return real_pthread_cond_timedwait(condition, mutex, &real);
}
