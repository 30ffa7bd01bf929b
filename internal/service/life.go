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
	"sync/atomic"
	"time"
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
// them before: the first answers shall not wait for it.
const learnTime = 10 * time.Millisecond

// leaveTime is how long clients with an open connection are given to use it
// once more and be told to leave it, after the port has closed.
const leaveTime = 500 * time.Millisecond

// ErrCut is what Run returns if requests were ended that were in flight.
var ErrCut = errors.New("stopped before all requests were answered")

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
	var connections atomic.Int64
	server := s.httpServer()
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			connections.Add(1)
		case http.StateClosed:
			connections.Add(-1)
		}
	}
	l := &listener{TCPListener: tcp}
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
	go func() { done <- s.drain(server, l, served, &connections) }()
	select {
	case err = <-done:
	case <-stop:
		err = ErrCut
		server.Close()
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
func (s *Server) drain(server *http.Server, l *listener, served <-chan error, connections *atomic.Int64) error {
	time.Sleep(s.config.DrainDelay)
	l.stop()
	<-served
	// Closing a kept-alive connection loses the request that is on its way. So
	// clients in the midst of things are first told to leave, by the answer to
	// their next request.
	waitFor(leaveTime, func() bool { return connections.Load() == 0 })
	server.SetKeepAlivesEnabled(false) // closes idle connections, and the others after their answer
	if !waitFor(s.config.ShutdownTimeout, func() bool { return connections.Load() == 0 }) {
		server.Close()
		return ErrCut
	}
	return nil
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

func (s *Server) tlsConfig() (*tls.Config, error) {
	if !s.config.TLS() {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(s.config.TLSCertFile, s.config.TLSKeyFile)
	if err != nil {
		return nil, fmt.Errorf("TLS_CERT_FILE=%q TLS_KEY_FILE=%q: %w", s.config.TLSCertFile, s.config.TLSKeyFile, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, nil
}
