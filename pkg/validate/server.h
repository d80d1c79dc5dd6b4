/* The process that asks libwabt. The modules lie in memory that both processes see; over one pipe
   go questions, over the other answers, one each in the same order. Internal to pkg/validate. */
#ifndef PKG_VALIDATE_SERVER_H
#define PKG_VALIDATE_SERVER_H

#include <sys/types.h>

#include "pkg/validate/validate.h"

/* How much may wait at once; beyond that a module gets no second opinion. */
enum { SERVER_ROOM = 32 << 20, SERVER_CPU_SECONDS = 10 };

struct question {
    uint64_t features, at, size; /* the module lies at `at` of the room */
};

enum { ANSWER_VALID = 'V', ANSWER_INVALID = 'I', ANSWER_UNREAD = 'U', ANSWER_DIED = 'D' };

/* Written at once, so that no half of it ever arrives (POSIX: up to 512 bytes). */
struct answer {
    int32_t status; /* DIED: as waitpid gives it */
    char letter;
    char message[251];
};

struct server {
    pid_t id;               /* 0: there is none */
    int questions, answers; /* questions: -1 when none can be asked */
    uint8_t *room;
};

/* -1: it could not be started. */
int server_start(struct server *, validate_judge *) MUST_CHECK;
/* No more questions: it ends by itself. */
void server_close(struct server *);
void server_stop(struct server *);

#endif
