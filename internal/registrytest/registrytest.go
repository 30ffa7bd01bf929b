// Package registrytest is a registry in memory for tests: it does what the
// distribution specification says, and what a test's fault does instead.
package registrytest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// A Server is a registry that listens on loopback.
type Server struct {
	HTTP *httptest.Server
	// Referrers says whether there is a referrers API.
	Referrers bool
	// Fault answers a request in the registry's place and returns true, or
	// returns false. The n-th request with the same method and path has n = 1.
	Fault func(w http.ResponseWriter, r *http.Request, n int) bool

	t testing.TB

	mu        sync.Mutex
	manifests map[string]manifest // by NAME/DIGEST-or-TAG
	blobs     map[string][]byte   // by NAME/DIGEST
	uploads   map[string][]byte   // by session
	sessions  int
	log       []string // "METHOD path", in order of arrival
	seen      map[string]int

	closing chan struct{} // closed at the test's end
}

type manifest struct {
	mediaType string
	content   []byte
}

// New starts a registry for the time of the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		t:         t,
		manifests: make(map[string]manifest),
		blobs:     make(map[string][]byte),
		uploads:   make(map[string][]byte),
		seen:      make(map[string]int),
		closing:   make(chan struct{}),
	}
	s.HTTP = httptest.NewServer(s)
	t.Cleanup(func() {
		close(s.closing)
		s.HTTP.Close()
	})
	return s
}

// Host returns the registry's HOST:PORT.
func (s *Server) Host() string { return strings.TrimPrefix(s.HTTP.URL, "http://") }

// Forget drops the sessions of all uploads.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.uploads)
}

// SetUpload sets what the session of an upload has got.
func (s *Server) SetUpload(session string, change func(have []byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uploads[session] = change(s.uploads[session])
}

// Break reads n bytes of the request's body into its upload and closes the
// connection.
func (s *Server) Break(r *http.Request, n int64) {
	session := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	var part bytes.Buffer
	io.CopyN(&part, r.Body, n)
	s.SetUpload(session, func(have []byte) []byte { return append(have, part.Bytes()...) })
	panic(http.ErrAbortHandler)
}

// Seen returns how often METHOD PATH was asked.
func (s *Server) Seen(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[key]
}

// Hang doesn't answer. A server notices a client that left only when it reads.
func (s *Server) Hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
}

// AddBlob stores a blob in the repository name.
func (s *Server) AddBlob(name string, content []byte) digest.Digest {
	d := digest.FromBytes(content)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[name+"/"+d.String()] = content
	return d
}

// SetBlob stores a blob under a digest that need not be its own.
func (s *Server) SetBlob(name string, d digest.Digest, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[name+"/"+d.String()] = content
}

// AddManifest stores a manifest under its tag or digest, and under its digest.
func (s *Server) AddManifest(name, tag, mediaType string, content []byte) digest.Digest {
	d := digest.FromBytes(content)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manifests[name+"/"+tag] = manifest{mediaType, content}
	s.manifests[name+"/"+d.String()] = manifest{mediaType, content}
	return d
}

// Blob returns a blob of the repository name.
func (s *Server) Blob(name string, d digest.Digest) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blobs[name+"/"+d.String()]
	return b, ok
}

// Requests returns the log without the probes for the scheme.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.log...)
}

// ServeHTTP is an http.Handler's.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	key := r.Method + " " + r.URL.Path
	s.log = append(s.log, key)
	s.seen[key]++
	n := s.seen[key]
	s.mu.Unlock()
	if s.Fault != nil && s.Fault(w, r, n) {
		return
	}
	s.Serve(w, r)
}

// Serve does what the specification says.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v2/")
	if path == "" {
		return
	}
	for sep, handle := range map[string]func(w http.ResponseWriter, r *http.Request, name, rest string){
		"/manifests/":     s.serveManifest,
		"/blobs/uploads/": s.serveUpload,
		"/blobs/sha256:":  s.serveBlob,
		"/referrers/":     s.serveReferrers,
	} {
		if name, rest, ok := strings.Cut(path, sep); ok {
			handle(w, r, name, rest)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

// Refuse answers with one of a registry's errors.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": code, "message": message}}})
}

func (s *Server) serveManifest(w http.ResponseWriter, r *http.Request, name, tag string) {
	if r.Method == http.MethodPut {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		d := s.AddManifest(name, tag, r.Header.Get("Content-Type"), content)
		w.Header().Set("Docker-Content-Digest", d.String())
		if s.Referrers && bytes.Contains(content, []byte(`"subject"`)) {
			w.Header().Set("OCI-Subject", "yes")
		}
		w.WriteHeader(http.StatusCreated)
		return
	}
	s.mu.Lock()
	m, ok := s.manifests[name+"/"+tag]
	s.mu.Unlock()
	if !ok {
		Refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
		return
	}
	w.Header().Set("Content-Type", m.mediaType)
	w.Header().Set("Docker-Content-Digest", digest.FromBytes(m.content).String())
	w.Header().Set("Content-Length", strconv.Itoa(len(m.content)))
	w.Write(m.content)
}

func (s *Server) serveReferrers(w http.ResponseWriter, r *http.Request, name, rest string) {
	if !s.Referrers {
		Refuse(w, http.StatusNotFound, "NOT_FOUND", "no referrers API")
		return
	}
	list := []map[string]any{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, m := range s.manifests {
		var about struct {
			ArtifactType         string
			Config               struct{ MediaType string }
			Subject, Annotations map[string]any
		}
		d := digest.FromBytes(m.content)
		if json.Unmarshal(m.content, &about) == nil && about.Subject["digest"] == rest && key == name+"/"+d.String() {
			list = append(list, map[string]any{
				"mediaType": m.mediaType, "digest": d, "size": len(m.content), "annotations": about.Annotations,
				"artifactType": cmp.Or(about.ArtifactType, about.Config.MediaType),
			})
		}
	}
	w.Header().Set("Content-Type", oci.MediaTypeIndex)
	json.NewEncoder(w).Encode(map[string]any{"schemaVersion": 2, "mediaType": oci.MediaTypeIndex, "manifests": list})
}

func (s *Server) serveBlob(w http.ResponseWriter, r *http.Request, name, sum string) {
	s.mu.Lock()
	b, ok := s.blobs[name+"/sha256:"+sum]
	s.mu.Unlock()
	if !ok {
		Refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request, name, session string) {
	if session == "" {
		s.startUpload(w, r, name)
		return
	}
	s.mu.Lock()
	have, ok := s.uploads[session]
	s.mu.Unlock()
	if !ok {
		Refuse(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
		return
	}
	if r.Method != http.MethodGet {
		if at := r.Header.Get("Content-Range"); at != "" && !strings.HasPrefix(at, fmt.Sprintf("%d-", len(have))) {
			Refuse(w, http.StatusRequestedRangeNotSatisfiable, "RANGE_INVALID", "wrong offset")
			return
		}
		var part bytes.Buffer
		_, err := io.Copy(&part, r.Body)
		have = append(have, part.Bytes()...)
		s.mu.Lock()
		s.uploads[session] = have
		s.mu.Unlock()
		if err != nil {
			return // the connection broke: what came is kept
		}
	}
	w.Header().Set("Location", s.Location(name, session, len(have)))
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(0, len(have)-1)))
	switch r.Method {
	case http.MethodGet:
		w.WriteHeader(http.StatusNoContent)
		return
	case http.MethodPatch:
		w.WriteHeader(http.StatusAccepted)
		return
	}
	want := r.URL.Query().Get("digest")
	if d := digest.FromBytes(have).String(); d != want {
		Refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "provided digest did not match uploaded content")
		return
	}
	s.AddBlob(name, have)
	w.Header().Set("Docker-Content-Digest", want)
	w.WriteHeader(http.StatusCreated)
}

func (s *Server) startUpload(w http.ResponseWriter, r *http.Request, name string) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.blobs[q.Get("from")+"/"+q.Get("mount")]; ok && q.Get("mount") != "" {
		s.blobs[name+"/"+q.Get("mount")] = b
		w.WriteHeader(http.StatusCreated)
		return
	}
	s.sessions++
	session := fmt.Sprintf("session-%d", s.sessions)
	s.uploads[session] = nil
	w.Header().Set("Location", s.Location(name, session, 0))
	w.WriteHeader(http.StatusAccepted)
}

// Location is that of a session; it has a query that must be sent back as it is.
func (s *Server) Location(name, session string, offset int) string {
	return fmt.Sprintf("/v2/%s/blobs/uploads/%s?_state=a%%2Fb%d&z", name, session, offset)
}
