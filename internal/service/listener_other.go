//go:build !linux

package service

// refuseSYN has no counterpart here.
func refuseSYN(uintptr) {}
