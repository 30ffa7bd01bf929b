package service

import "syscall"

// refuseSYN has the kernel drop what arrives at a listening socket (socket(7),
// SO_ATTACH_FILTER): a client that comes now asks again a second later, and is
// then refused by the closed port instead of being reset.
func refuseSYN(fd uintptr) {
	const acceptNothing = 0
	syscall.AttachLsf(int(fd), []syscall.SockFilter{*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, acceptNothing)})
}
