package service

import (
	"errors"
	"net"
	"testing"
	"time"
)

func TestRefuseSYN(t *testing.T) {
	tcp, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := New(new(Config), Build{}).newListener(tcp)
	defer l.Close()
	early, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	l.control(refuseSYN)
	late, err := net.DialTimeout("tcp", l.Addr().String(), 200*time.Millisecond)
	if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a connection after the stop: %v, %v; want none, and no answer", late, err)
	}
	if c, err := l.Accept(); err != nil || c.RemoteAddr().String() != early.LocalAddr().String() {
		t.Errorf("the connection from before the stop: %v, %v", c, err)
	}
}
