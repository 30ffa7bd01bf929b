//go:build !linux

package service

import (
	"errors"
	"net"
)

// Elsewhere a stop may reset the connections that wait to be accepted.

func refuseSYN(uintptr) {}

func acceptWaiting(uintptr) (net.Conn, error) { return nil, errors.ErrUnsupported }
