package service

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"devops-go/internal/roots"
)

// Limits on what a client can take. They are generous to people and bound what
// a thousand slow clients hold.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = readHeaderTimeout // being the same, one timer serves both
	writeTimeout      = 15 * time.Second
	idleTimeout       = 75 * time.Second
	maxHeaderBytes    = 16 << 10
)

// learnTime is when the facts are read that answers need, unless an answer needs
// them before; so the first answers don't wait for it.
const learnTime = 10 * time.Millisecond

// leaveTime is how long clients with an open connection are given to use it
// once more and be told to leave it, after the port has closed.
const leaveTime = 500 * time.Millisecond

// ErrCut is what Run returns if it didn't wait for what was in flight.
var ErrCut = errors.New("ended at once")

// Run serves until a first value comes from stop, then drains: not ready,
// DRAIN_DELAY, port closed, requests in flight answered. A second value ends it
// at once. It writes its log to w.
func (s *Server) Run(stop <-chan os.Signal, w io.Writer) error {
	s.log.w = w
	config, err := s.tlsConfig()
	if err != nil {
		return err
	}
	tcp, err := listen(net.JoinHostPort(s.config.Host, s.config.Port))
	if err != nil {
		return fmt.Errorf("HOST=%q PORT=%q: %w", s.config.Host, s.config.Port, err)
	}
	server := s.httpServer()
	l := s.newListener(tcp)
	scheme, transport := "http", net.Listener(l)
	if config != nil {
		scheme, transport = "https", tls.NewListener(l, config)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(transport) }()
	time.AfterFunc(learnTime, s.learn)
	s.log.record("info", "listening").str("address", tcp.Addr().String()).str("scheme", scheme).
		str("version", s.build.Version).write()

	select {
	case err := <-served:
		return err
	case sig := <-stop:
		s.draining.Store(true)
		s.log.record("info", "stopping").str("signal", sig.String()).
			str("drain_delay", s.config.DrainDelay.String()).write()
	}
	done := make(chan error, 1)
	go func() { done <- s.drain(server, l, served) }()
	select {
	case err = <-done:
	case sig := <-stop:
		err = s.cut(server, l, "second signal ("+sig.String()+")")
	}
	if err != nil {
		s.log.record("error", "stopped").str("error", err.Error()).write()
		return err
	}
	s.log.record("info", "stopped").write()
	return nil
}

func (s *Server) httpServer() *http.Server {
	return &http.Server{
		Handler:                      s,
		DisableGeneralOptionsHandler: true, // OPTIONS * is as unknown as other paths
		ReadHeaderTimeout:            readHeaderTimeout,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeaderBytes,
		ErrorLog:                     log.New(&s.log, "", 0),
	}
}

// drain ends the service in the order that loses no request.
func (s *Server) drain(server *http.Server, l *listener, served <-chan error) error {
	time.Sleep(s.config.DrainDelay)
	l.stop()
	<-served
	// Closing a kept-alive connection loses the request that is on its way. So
	// clients that are using theirs are first told to leave, by the answer to
	// their next request.
	none := func() bool { return l.count() == 0 }
	waitFor(leaveTime, none)
	server.SetKeepAlivesEnabled(false) // closes idle connections, and the others after their answer
	l.closeSilent()
	if !waitFor(s.config.ShutdownTimeout, none) {
		return s.cut(server, l, "SHUTDOWN_TIMEOUT="+s.config.ShutdownTimeout.String()+" has passed")
	}
	return nil
}

// cut closes what is open, and says what that was.
func (s *Server) cut(server *http.Server, l *listener, why string) error {
	err := fmt.Errorf("%w: %s with %d requests in flight and %d connections open", ErrCut, why, s.metrics.inFlight.Load(), l.count())
	server.Close()
	return err
}

// waitFor asks done every few milliseconds, for as long as limit allows.
func waitFor(limit time.Duration, done func() bool) bool {
	for end := time.Now().Add(limit); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

func (s *Server) newListener(tcp *net.TCPListener) *listener {
	s.maxConnections.Store(s.config.MaxConnections) // learn sets it if that is 0
	return &listener{TCPListener: tcp, max: &s.maxConnections, refused: &s.refused, open: map[*conn]struct{}{}}
}

func (s *Server) tlsConfig() (*tls.Config, error) {
	if !s.config.TLS() {
		return nil, nil
	}
	chain, err := roots.ReadFile(s.config.TLSCertFile)
	if err != nil {
		return nil, fmt.Errorf("TLS_CERT_FILE=%q: %w", s.config.TLSCertFile, err)
	}
	key, err := roots.ReadFile(s.config.TLSKeyFile)
	if err != nil {
		return nil, fmt.Errorf("TLS_KEY_FILE=%q: %w", s.config.TLSKeyFile, err)
	}
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("TLS_CERT_FILE=%q TLS_KEY_FILE=%q: %w", s.config.TLSCertFile, s.config.TLSKeyFile, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, nil
}
