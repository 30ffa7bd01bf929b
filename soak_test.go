package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// descriptors returns how many files the process has open.
func (s *server) descriptors() int {
	s.t.Helper()
	open, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "fd"))
	if err != nil {
		s.t.Fatal(err) // also when the server is gone
	}
	return len(open)
}

// memory returns the process's resident memory in kB.
func (s *server) memory() int {
	s.t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "status"))
	if err != nil {
		s.t.Fatal(err) // also when the server is gone
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kB, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return kB
}

// badTraffic is what clients send that are broken or hostile; most wait for the
// answer, some leave at once.
var badTraffic = []string{
	"GET /health HT",
	"GET / HTTP/1.1\r\n\r\n",
	"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"POST /status/500 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc",
	"GET /health HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 70_000) + "\r\n\r\n",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
	"GET /delay/1 HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /%zz HTTP/9.9\r\n\r\n",
	"",
}

// TestSoak serves mixed good and bad traffic for the time that SOAK states, and
// then has as much memory and as many files open as early on.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		t.Skip("SOAK has no time, such as 10m")
	}
	s := startServer(t)
	go func() {
		for s.log.Scan() {
		}
	}()
	before := s.descriptors()
	end := time.Now().Add(length)
	var good, bad atomic.Int64
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for time.Now().Before(end) {
				if err := soakGood(s); err != nil {
					t.Error(err)
					return
				}
				good.Add(1)
				time.Sleep(10 * time.Millisecond) // leaves the machine to others
			}
		})
		clients.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				soakBad(s.addr, badTraffic[i%len(badTraffic)])
				bad.Add(1)
			}
		})
	}
	time.Sleep(length / 4)
	early := s.memory()
	clients.Wait()
	http.DefaultClient.CloseIdleConnections()
	for i := 0; s.descriptors() > before && i < 150; i++ { // until half-sent requests have timed out
		time.Sleep(100 * time.Millisecond)
	}
	late := s.memory()
	t.Logf("%d good and %d bad requests; memory after a quarter %d kB, at the end %d kB; descriptors %d before, %d after", good.Load(), bad.Load(), early, late, before, s.descriptors())
	if late > early+early/4 || s.descriptors() > before {
		t.Error("memory or descriptors grow")
	}
}

// soakGood sends some requests as clients should.
func soakGood(s *server) error {
	for _, path := range []string{"/", "/health", "/ready", "/metrics", "/version", "/nope", "/status/503"} {
		resp, err := http.Get(s.url + path)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func soakBad(addr, text string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, text)
	if rand.IntN(4) > 0 {
		conn.SetReadDeadline(time.Now().Add(time.Duration(rand.IntN(200)) * time.Millisecond))
		io.Copy(io.Discard, conn)
	}
}

// TestManyIdle: connections that say nothing after their request, IDLE of them
// (10,000 takes twice as many descriptors), keep nobody from being served.
func TestManyIdle(t *testing.T) {
	many := 300
	if n := os.Getenv("IDLE"); n != "" {
		var err error
		if many, err = strconv.Atoi(n); err != nil {
			t.Fatal(err)
		}
	}
	s := startServer(t)
	before := s.memory()
	for range many {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
		if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 200 {
			t.Fatal(resp, err)
		}
	}
	start := time.Now()
	if resp, _ := s.send("GET", "/health"); resp.StatusCode != 200 {
		t.Error(resp.Status)
	}
	t.Logf("%d idle connections: %d kB instead of %d, a request takes %v", many, s.memory(), before, time.Since(start))
}
