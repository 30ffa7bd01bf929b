package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

const connections = 32

// load asks for route over several kept-alive connections, and returns answers
// per second and the server's CPU time for each, in microseconds.
func (s *server) load(route string, duration time.Duration) (perSecond, perRequest float64, err error) {
	var conns []net.Conn
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	for range connections {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			return 0, 0, err
		}
		conns = append(conns, conn)
	}
	before, err := s.cpuTime()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	end := began.Add(duration)
	counts, errs := make([]int, connections), make([]error, connections)
	var wg sync.WaitGroup
	for i, conn := range conns {
		wg.Go(func() {
			c := newClient(conn, route)
			for time.Now().Before(end) && errs[i] == nil {
				_, errs[i] = c.roundTrip()
				counts[i]++
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	after, err := s.cpuTime()
	if err != nil {
		return 0, 0, err
	}
	total := 0
	for i := range counts {
		total += counts[i]
		if errs[i] != nil {
			return 0, 0, errs[i]
		}
	}
	return float64(total) / took.Seconds(), float64((after - before).Microseconds()) / float64(total), nil
}

// A client speaks just enough HTTP/1.1 to cost less than the server.
type client struct {
	conn    net.Conn
	r       *bufio.Reader
	request []byte
}

func newClient(conn net.Conn, route string) *client {
	return &client{conn, bufio.NewReader(conn), []byte("GET " + route + " HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench/1\r\nAccept: */*\r\n\r\n")}
}

// roundTrip sends a request and receives its answer.
func (c *client) roundTrip() (int, error) {
	if err := c.send(); err != nil {
		return 0, err
	}
	return c.receive()
}

func (c *client) send() error {
	_, err := c.conn.Write(c.request)
	return err
}

// receive returns the length of an answer's body; any status but 200 is an error.
func (c *client) receive() (int, error) {
	length := -1
	for first := true; ; first = false {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return 0, fmt.Errorf("answered %q", line)
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		}
		if len(line) == 2 {
			break
		}
	}
	if length < 0 {
		return 0, fmt.Errorf("answer without Content-Length")
	}
	n, err := io.CopyN(io.Discard, c.r, int64(length))
	return int(n), err
}
