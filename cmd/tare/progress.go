package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"devops-go/internal/report"
	"devops-go/internal/size"
)

// A progress says on a terminal how far a long read or a push has come. Its
// methods are safe for concurrent use.
type progress struct {
	doing atomic.Pointer[string]
	bytes atomic.Int64
	end   chan struct{}
	once  sync.Once
	group sync.WaitGroup
}

const (
	progressDelay = 700 * time.Millisecond // what is faster needs no progress
	progressStep  = 200 * time.Millisecond
)

// startProgress starts to tell on w of what is done, if that is a terminal.
func startProgress(w io.Writer) *progress {
	p := &progress{end: make(chan struct{})}
	if terminalWidth(w) > 0 {
		p.group.Go(func() { p.tell(w) })
	}
	return p
}

// begin says what is done from now on, as "reading", and to what.
func (p *progress) begin(doing, name string) {
	doing += " " + report.Quote(name)
	p.bytes.Store(0)
	p.doing.Store(&doing)
}

// add counts bytes that were moved.
func (p *progress) add(n int64) { p.bytes.Add(n) }

// stop takes the message away; nothing is told after it.
func (p *progress) stop() {
	p.once.Do(func() { close(p.end) })
	p.group.Wait()
}

func (p *progress) tell(w io.Writer) {
	timer := time.NewTimer(progressDelay)
	defer timer.Stop()
	shown := false
	for {
		select {
		case <-p.end:
			if shown {
				fmt.Fprint(w, "\r\x1b[K")
			}
			return
		case <-timer.C:
			timer.Reset(progressStep)
			if doing := p.doing.Load(); doing != nil {
				shown = true
				fmt.Fprintf(w, "\r\x1b[K%s: %s", *doing, size.Format(p.bytes.Load()))
			}
		}
	}
}
