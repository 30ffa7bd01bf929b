//go:build swarm

package test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	swarmService = "devops-go-swarm-test"
	swarmWorkers = 50
	swarmTasks   = 3
)

// documentedDelay is what deploy/stack.yaml has.
const documentedDelay = "5s"

// swarmBase is the port before that of the first task; each task has its own, on
// the host's loopback, because a routing mesh needs IPVS in the kernel.
const swarmBase = 18640

// TestSwarm keeps connections busy while a service of three replicas is updated
// to another tag, rolled back and scaled down, and counts what is lost: nothing,
// with DRAIN_DELAY longer than the balancer takes to notice.
func TestSwarm(t *testing.T) {
	if state := Docker(t, "info", "-f", "{{.Swarm.LocalNodeState}}"); state != "inactive" {
		t.Fatalf("the engine is part of a swarm already: %s", state)
	}
	Docker(t, "swarm", "init", "--advertise-addr", "127.0.0.1", "--data-path-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:22377")
	t.Cleanup(func() { exec.Command("docker", "swarm", "leave", "--force").Run() })
	image := Image("scratch")
	next := image + "-next"
	Docker(t, "tag", image, next)
	t.Cleanup(func() { exec.Command("docker", "rmi", next).Run() })

	stack, err := os.ReadFile("../deploy/stack.yaml")
	if err != nil || !strings.Contains(string(stack), "DRAIN_DELAY: "+documentedDelay+"\n") {
		t.Fatalf("deploy/stack.yaml has no DRAIN_DELAY of %s: %v", documentedDelay, err)
	}
	for _, delay := range []string{"0s", documentedDelay} {
		answered, lost, first := exercise(t, image, next, delay)
		t.Logf("DRAIN_DELAY=%s: %d requests answered, %d lost, the first by %v", delay, answered, lost, first)
		if delay != "0s" && (lost > 0 || answered < 1000) {
			t.Errorf("DRAIN_DELAY=%s: %d answered, %d lost: %v", delay, answered, lost, first)
		}
	}
}

// exercise creates the service and takes it through its changes under load.
func exercise(t *testing.T, image, next, delay string) (answered, lost int64, first any) {
	t.Helper()
	Docker(t, "service", "create", "-d", "-q", "--name", swarmService, "--no-resolve-image", "--network", "host",
		"--replicas", fmt.Sprint(swarmTasks), "--read-only", "--cap-drop", "ALL", "--stop-grace-period", "30s",
		"--update-order", "stop-first", "--update-delay", "1s", "--rollback-delay", "1s", "--no-healthcheck",
		"--env", "HOST=127.0.0.1", "--env", fmt.Sprintf("PORT=%d{{.Task.Slot}}", swarmBase/10), "--env", "DRAIN_DELAY="+delay, image)
	defer func() {
		Docker(t, "service", "rm", swarmService)
		settle(t, func() bool { return len(newBalancer().ready()) == 0 })
	}()
	balancer := newBalancer()
	settle(t, func() bool { return len(balancer.ready()) == swarmTasks })
	urls := balancer.ready()
	balancer.current.Store(&urls)

	ctx, stop := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	clients.Go(func() { balancer.watch(ctx) })
	var counts struct{ answered, lost atomic.Int64 }
	var failure atomic.Value
	for i := range swarmWorkers {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
			defer client.CloseIdleConnections()
			for n := i; ctx.Err() == nil; n++ {
				// POST: the client tries nothing twice by itself.
				resp, err := client.Post(balancer.pick(n)+"/health", "text/plain", strings.NewReader("x"))
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err != nil {
					counts.lost.Add(1)
					failure.CompareAndSwap(nil, err.Error())
				} else {
					counts.answered.Add(1)
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	updated := func() bool {
		state := Docker(t, "service", "inspect", "-f", "{{with .UpdateStatus}}{{.State}}{{end}}", swarmService)
		return strings.HasSuffix(state, "completed") && len(balancer.ready()) == swarmTasks
	}
	Docker(t, "service", "update", "-d", "-q", "--no-resolve-image", "--image", next, swarmService)
	settle(t, updated)
	Docker(t, "service", "rollback", "-d", "-q", swarmService)
	time.Sleep(time.Second)
	settle(t, updated)
	Docker(t, "service", "scale", "-d", swarmService+"=1")
	settle(t, func() bool { return len(balancer.ready()) == 1 })
	stop()
	clients.Wait()
	return counts.answered.Load(), counts.lost.Load(), failure.Load()
}

// settle waits until done reports true.
func settle(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the service does not settle: " + Docker(t, "service", "ps", "--no-trunc", swarmService))
		}
	}
}

// A balancer knows which tasks are ready. It asks each ten times a second.
type balancer struct {
	client  http.Client
	current atomic.Pointer[[]string]
}

func newBalancer() *balancer {
	return &balancer{client: http.Client{Timeout: 2 * time.Second}}
}

// ready returns the addresses of the tasks that are ready now.
func (b *balancer) ready() []string {
	var urls []string
	for task := 1; task <= swarmTasks; task++ {
		url := fmt.Sprintf("http://127.0.0.1:%d", swarmBase+task)
		if resp, err := b.client.Get(url + "/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				urls = append(urls, url)
			}
		}
	}
	return urls
}

func (b *balancer) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if urls := b.ready(); len(urls) > 0 {
			b.current.Store(&urls)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (b *balancer) pick(n int) string {
	urls := *b.current.Load()
	return urls[n%len(urls)]
}
