/* What goes over the pipe to the child that asks libwabt, and back: the feature mask (8 bytes,
   little-endian) and the module; a letter and a message. Internal to pkg/validate. */
#ifndef PKG_VALIDATE_VERDICT_H
#define PKG_VALIDATE_VERDICT_H

enum { VERDICT_HEADER = 8, VERDICT_SIZE = 1024 };
enum { VERDICT_VALID = 'V', VERDICT_INVALID = 'I', VERDICT_UNREAD = 'U' };

#endif
