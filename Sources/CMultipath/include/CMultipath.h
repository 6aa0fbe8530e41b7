// Network namespaces of the calling thread, which Swift's Glibc module does not import: one function per call, each
// giving 0 or -errno. No logic.
#ifndef WEFT_CMULTIPATH_H
#define WEFT_CMULTIPATH_H

/* Moves the calling thread into the network namespace that `fd` stands for. Source: setns(2), CLONE_NEWNET. */
int weft_mp_enter_network(int fd);
/* Moves the calling thread into a new, empty network namespace. Source: unshare(2), CLONE_NEWNET. */
int weft_mp_new_network(void);

#endif
