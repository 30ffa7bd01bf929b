package service

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// clientIP is the address that the request came from. If that is a trusted
// proxy, it is the last address in X-Forwarded-For that isn't one.
func (s *Server) clientIP(r *http.Request) string {
	if len(s.config.TrustedProxies) == 0 {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		return host
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := remote.Addr().Unmap()
	if !s.isProxy(addr) {
		return addr.String()
	}
	// Several header lines are one list (RFC 9110, section 5.3). Each proxy
	// appends whom it heard, so what stands left of an untrusted address was
	// written by a stranger.
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		// A zone means something to the proxy only, and may be any text.
		if addr = hop.Unmap().WithZone(""); !s.isProxy(addr) {
			break
		}
	}
	return addr.String()
}

func (s *Server) isProxy(addr netip.Addr) bool {
	for _, prefix := range s.config.TrustedProxies {
		if prefix.Contains(addr.WithZone("")) {
			return true
		}
	}
	return false
}
