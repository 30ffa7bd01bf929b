package service

//lint:file-ignore SA1019 what is named as the successor of AttachLsf is not in the standard library

import (
	"net"
	"os"
	"syscall"
)

// refuseSYN has the kernel drop what asks a listening socket for a connection
// (socket(7), SO_ATTACH_FILTER): a client that comes now asks again a second
// later, and is then refused by the closed port instead of being reset.
func refuseSYN(fd uintptr) {
	const (
		flags = 13 // the offset of the flags in a TCP header
		syn   = 2
	)
	syscall.AttachLsf(int(fd), []syscall.SockFilter{
		*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_B|syscall.BPF_ABS, flags),
		*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JSET|syscall.BPF_K, syn, 0, 1),
		*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, 0),
		*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, 1<<16),
	})
}

// acceptWaiting accepts a connection that waits already; it is an error if none
// does.
func acceptWaiting(fd uintptr) (net.Conn, error) {
	accepted, _, err := syscall.Accept4(int(fd), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(accepted), "")
	defer f.Close()
	return net.FileConn(f) // with a descriptor of its own
}
