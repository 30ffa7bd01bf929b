package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// The core of the server, and that of the load.
const serverCore, loadCore = 0, 1

// startsPerRound is how often a round starts each server for its start-up time.
const startsPerRound = 5

// routes are those that are measured.
var routes = []string{"/health", "/"}

// count counts the instructions of both servers by route; that is done before
// anything is pinned to a core.
func count(app, bare string, r *Report) error {
	sizes, err := bodySizes(app)
	if err != nil {
		return err
	}
	for i, pair := range []*Pair{&r.HealthInstructions, &r.IndexInstructions} {
		if pair.App, err = instructions(app, false, routes[i], 0); err != nil {
			return err
		}
		if pair.Bare, err = instructions(bare, true, routes[i], sizes[routes[i]]); err != nil {
			return err
		}
		pair.Ratio = pair.App / pair.Bare
	}
	return nil
}

// measure times both servers in turns.
func measure(app, bare string, rounds int, load time.Duration, r *Report) error {
	if err := pinSelf(loadCore); err != nil {
		return err
	}
	sizes, err := bodySizes(app)
	if err != nil {
		return err
	}
	var rate, cpu [2][2][]float64 // by route, by server
	var start, memory [2][]float64
	for range rounds {
		for which, binary := range []string{app, bare} {
			for i, route := range routes {
				s, err := startServer(binary, which == 1, sizes[route])
				if err != nil {
					return err
				}
				perSecond, perRequest, err := s.load(route, load)
				s.stop()
				if err != nil {
					return err
				}
				rate[i][which] = append(rate[i][which], perSecond)
				cpu[i][which] = append(cpu[i][which], perRequest)
			}
		}
	}
	for range rounds * startsPerRound {
		for which, binary := range []string{app, bare} {
			ms, kb, err := startAndIdle(binary, which == 1, sizes["/health"])
			if err != nil {
				return err
			}
			start[which] = append(start[which], ms)
			memory[which] = append(memory[which], kb)
		}
	}
	r.Health, r.Index = pair(rate[0][0], rate[0][1]), pair(rate[1][0], rate[1][1])
	r.CPU, r.Start, r.Memory = pair(cpu[0][0], cpu[0][1]), pair(start[0], start[1]), pair(memory[0], memory[1])
	return nil
}

// bodySizes asks the appliance how long its answers are.
func bodySizes(app string) (map[string]int, error) {
	s, err := startServer(app, false, 0)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	sizes := map[string]int{}
	for _, route := range routes {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			return nil, err
		}
		sizes[route], err = newClient(conn, route).roundTrip()
		conn.Close()
		if err != nil {
			return nil, err
		}
	}
	return sizes, nil
}

// startAndIdle returns a server's start-up time, in milliseconds, and its memory
// after it has answered once, in kB.
func startAndIdle(binary string, bare bool, size int) (ms, kb float64, err error) {
	s, err := startServer(binary, bare, size)
	if err != nil {
		return 0, 0, err
	}
	defer s.stop()
	time.Sleep(50 * time.Millisecond)
	kb, err = s.rss()
	return s.startup, kb, err
}

// A server is a running child, pinned to serverCore.
type server struct {
	cmd     *exec.Cmd
	addr    string
	startup float64 // milliseconds to the first 200
}

func startServer(binary string, bare bool, size int) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{addr: net.JoinHostPort("127.0.0.1", port)}
	s.cmd = exec.Command("taskset", "-c", strconv.Itoa(serverCore), binary, "serve", "-host", "127.0.0.1", "-port", port)
	if bare {
		s.cmd = exec.Command("taskset", "-c", strconv.Itoa(serverCore), binary, s.addr, strconv.Itoa(size))
	}
	s.cmd.Env = []string{} // as in a scratch container; SSL_CERT_DIR, for one, is read at the start
	s.cmd.Stderr = os.Stderr
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < 10*time.Second {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			time.Sleep(50 * time.Microsecond)
			continue
		}
		_, err = newClient(conn, "/health").roundTrip()
		s.startup = float64(time.Since(began)) / float64(time.Millisecond)
		conn.Close()
		if err != nil {
			s.stop()
			return nil, err
		}
		return s, nil
	}
	s.stop()
	return nil, fmt.Errorf("%s did not answer within 10 s", binary)
}

func (s *server) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// cpuTime returns the user and system time that the server has used.
func (s *server) cpuTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	utime, _ := strconv.Atoi(string(fields[11]))
	stime, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(utime+stime) * (time.Second / 100), nil
}

func (s *server) rss() (kb float64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.ParseFloat(strings.Fields(value)[0], 64)
		}
	}
	return 0, fmt.Errorf("no VmRSS in status of process %d", s.cmd.Process.Pid)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// pinSelf keeps this process, all of its threads to come included, on one core.
func pinSelf(core int) error {
	mask := [16]uint64{1 << core}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	if errno != 0 {
		return fmt.Errorf("pinning to core %d: %w", core, errno)
	}
	return nil
}
