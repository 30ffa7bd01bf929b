//go:build docker

package test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// TestDifferential puts odd images before the engine, and holds the tree that
// a container of each would see against tare's: paths, types, sizes, contents,
// modes, owners, link targets, names of one file. SEED (a number, or random)
// and N (how many images) make other images; TARE_TEST_ENGINE is the socket of
// another engine.
func TestDifferential(t *testing.T) {
	seed, n := seedAndCount(t)
	e := newDaemon(t)
	images := listedImages()
	random := rand.New(rand.NewPCG(seed, 1))
	for len(images) < n {
		images = append(images, randomImage(random, len(images)))
	}
	var same, disagreed, refused int
	for start := 0; start < n; start += batch {
		part := images[start:min(start+batch, n)]
		loaded := e.load(part)
		for i, img := range part {
			stack, archive := readOdd(t, img, e.tag(i))
			told := stack.Disagreements()
			if !loaded[i] {
				refused++
				if len(told) == 0 {
					t.Errorf("seed %d: %q: the engine refuses what tare sees nothing odd in: %s", seed, img.name, describe(archive))
				}
				continue
			}
			tree, err := e.exported(i)
			if err != nil {
				// The containerd store unpacks an image only for a container.
				refused++
				if len(told) == 0 {
					t.Errorf("seed %d: %q: the engine makes no container of what tare sees nothing odd in: %v\n%s", seed, img.name, err, describe(archive))
				}
				continue
			}
			if len(told) > 0 {
				disagreed++
			} else {
				same++
			}
			if diff := compareTrees(seen(t, stack), tree, told); diff != "" {
				t.Errorf("seed %d: %q:\n%s\n%s", seed, img.name, diff, describe(archive))
			}
			if size := e.size(i); e.overlay2 && len(told) == 0 && size != stack.Overlay2Size() {
				t.Errorf("seed %d: %q: %d bytes, the engine says %d\n%s", seed, img.name, stack.Overlay2Size(), size, describe(archive))
			}
		}
	}
	t.Logf("seed %d: %d images the same, %d with paths that engines disagree about and else the same, %d refused by the engine", seed, same, disagreed, refused)
}

// batch is how many images are loaded at once.
const batch = 20

func seedAndCount(t *testing.T) (seed uint64, n int) {
	seed, n = 1, 200
	switch s := os.Getenv("SEED"); s {
	case "":
	case "random":
		seed = rand.Uint64()
	default:
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if s := os.Getenv("N"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	return seed, n
}

// readOdd is what tare makes of the image.
func readOdd(t *testing.T, img oddImage, tag string) (*layers.Stack, []byte) {
	t.Helper()
	archive := it.Classic(it.Image{Tag: tag, Layers: img.layers}).Archive()
	opened, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		t.Fatalf("%q: %v", img.name, err)
	}
	stack, err := layers.Read(context.Background(), opened, layers.Options{})
	if err != nil {
		t.Fatalf("%q: %v\n%s", img.name, err, describe(archive))
	}
	return stack, archive
}

// describe lists the entries of an image's layers.
func describe(archive []byte) string {
	var b strings.Builder
	for outer := tar.NewReader(bytes.NewReader(archive)); ; {
		hdr, err := outer.Next()
		if err != nil {
			return b.String()
		}
		if !strings.HasSuffix(hdr.Name, "layer.tar") {
			continue
		}
		fmt.Fprintln(&b, "  "+hdr.Name[:12])
		content, err := image.Uncompress(outer)
		if err != nil {
			return b.String()
		}
		for inner := tar.NewReader(content); ; {
			h, err := inner.Next()
			if err != nil {
				break
			}
			fmt.Fprintf(&b, "    %c %.200q -> %q %o %d:%d %d\n", h.Typeflag, h.Name, h.Linkname, h.Mode, h.Uid, h.Gid, h.Size)
		}
	}
}

// A seenFile is what is compared of a path.
type seenFile struct {
	what string
	// first is the first of the file's names.
	first string
}

// seen is the tree that tare sees.
func seen(t *testing.T, s *layers.Stack) map[string]seenFile {
	t.Helper()
	wanted, sums := map[*layers.Entry]bool{}, map[*layers.Entry]string{}
	names := map[*layers.Entry]string{}
	for n := range s.All() {
		if n.Entry == nil {
			continue
		}
		inode := n.Entry.Inode()
		if inode.IsRegular() {
			wanted[inode] = true
		}
		if first, ok := names[inode]; !ok || n.Path() < first {
			names[inode] = n.Path()
		}
	}
	lock := make(chan struct{}, 1)
	if err := s.Contents(context.Background(), wanted, func(_ *image.Layer, e *layers.Entry, content io.Reader) error {
		sum, err := checksum(content)
		lock <- struct{}{}
		sums[e] = sum
		<-lock
		return err
	}); err != nil {
		t.Fatal(err)
	}
	tree := map[string]seenFile{}
	for n := range s.All() {
		if n.Entry == nil {
			tree[n.Path()] = seenFile{what: "directory 755 0:0"}
			continue
		}
		inode, owner := n.Entry.Inode(), n.Entry.Owner()
		what := fmt.Sprintf("%s %o %d:%d", inode.TypeName(), owner.Mode, owner.UID, owner.GID)
		major, minor := inode.Device()
		switch inode.Type {
		case tar.TypeSymlink:
			what = fmt.Sprintf("symlink %d:%d -> %s", owner.UID, owner.GID, inode.Link)
		case tar.TypeChar, tar.TypeBlock:
			what += fmt.Sprintf(" %c %d:%d", inode.Type, major, minor)
		case tar.TypeReg:
			what += fmt.Sprintf(" %d %s", inode.Size, sums[inode])
		}
		f := seenFile{what: what}
		if inode.Type != tar.TypeDir {
			f.first = names[inode]
		}
		tree[n.Path()] = f
	}
	return tree
}

func checksum(r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return fmt.Sprintf("%x", h.Sum(nil)[:6]), err
}

// exportedTree is the tree in the archive of docker export.
func exportedTree(r io.Reader) (map[string]seenFile, error) {
	tree, links := map[string]seenFile{}, map[string]string{}
	for archive := tar.NewReader(r); ; {
		hdr, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		p := strings.Trim(strings.TrimPrefix(hdr.Name, "./"), "/")
		if p == "" || p == "." {
			continue
		}
		owner := fmt.Sprintf("%o %d:%d", hdr.Mode&0o7777, uint32(hdr.Uid), uint32(hdr.Gid))
		var what string
		switch hdr.Typeflag {
		case tar.TypeDir:
			tree[p] = seenFile{what: "directory " + owner}
			continue
		case tar.TypeLink:
			links[p] = strings.Trim(strings.TrimPrefix(hdr.Linkname, "./"), "/")
			continue
		case tar.TypeSymlink:
			what = fmt.Sprintf("symlink %d:%d -> %s", uint32(hdr.Uid), uint32(hdr.Gid), hdr.Linkname)
		case tar.TypeFifo:
			what = "fifo " + owner
		case tar.TypeChar, tar.TypeBlock:
			what = fmt.Sprintf("device %s %c %d:%d", owner, hdr.Typeflag, hdr.Devmajor, hdr.Devminor)
		default:
			sum, err := checksum(archive)
			if err != nil {
				return nil, err
			}
			what = fmt.Sprintf("file %s %d %s", owner, hdr.Size, sum)
		}
		tree[p] = seenFile{what, p}
	}
	firsts := map[string]string{}
	for p, first := range links {
		if least, ok := firsts[first]; !ok || p < least {
			firsts[first] = min(p, first)
		}
	}
	for p, first := range links {
		tree[p] = seenFile{tree[first].what, firsts[first]}
	}
	for first, least := range firsts {
		tree[first] = seenFile{tree[first].what, least}
	}
	return tree, nil
}

// engineOwn is what an engine puts into every container.
var engineOwn = []string{".dockerenv", "dev", "proc", "sys", "etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab"}

func ofEngine(p string, tare map[string]seenFile) bool {
	for _, own := range engineOwn {
		if p == own || strings.HasPrefix(p, own+"/") {
			return true
		}
	}
	_, ours := tare[p]
	return p == "etc" && !ours
}

// compareTrees tells in which paths the trees differ, but for those that tare
// says engines disagree about, with what is in them, and names of files there.
func compareTrees(tare, engine map[string]seenFile, told []layers.Disagreement) string {
	var b strings.Builder
	all := maps.Clone(tare)
	maps.Copy(all, engine)
	for _, p := range slices.Sorted(maps.Keys(all)) {
		have, ok := tare[p]
		want, there := engine[p]
		if ofEngine(p, tare) || ok == there && have == want || isTold(p, told) || isTold(have.first, told) && ok || there && isTold(want.first, told) {
			continue
		}
		fmt.Fprintf(&b, "  %.200q: tare %v, engine %v\n", p, have, want)
	}
	return b.String()
}

func isTold(p string, told []layers.Disagreement) bool {
	for _, d := range told {
		if at := d.Path(); at == "" && d.Reason == layers.RootOpaque || p != "" && (p == at || at != "" && strings.HasPrefix(p, at+"/")) {
			return true
		}
	}
	return false
}

// A daemon is an engine that is asked by its API.
type daemon struct {
	t        *testing.T
	client   *http.Client
	overlay2 bool
	process  int // in the names of images, as several may ask one engine
}

func newDaemon(t *testing.T) *daemon {
	socket := os.Getenv("TARE_TEST_ENGINE")
	if socket == "" {
		socket = strings.TrimPrefix(os.Getenv("DOCKER_HOST"), "unix://")
	}
	if socket == "" {
		socket = "/var/run/docker.sock"
	}
	d := &daemon{t: t, process: os.Getpid(), client: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}}
	var info struct{ Driver string }
	d.json("GET", "/info", nil, &info)
	d.overlay2 = info.Driver == "overlay2"
	return d
}

// tag is the name that the i-th image of a batch has for the engine.
func (d *daemon) tag(i int) string { return Image(fmt.Sprintf("differential-%d-%d", d.process, i)) }

func (d *daemon) call(method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequest(method, "http://engine"+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<12))
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return resp, nil
}

func (d *daemon) json(method, path string, body io.Reader, v any) {
	d.t.Helper()
	resp, err := d.call(method, path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		d.t.Fatal(err)
	}
}

func (d *daemon) remove(path string) {
	if resp, err := d.call("DELETE", path, nil); err == nil {
		resp.Body.Close()
	}
}

// load loads the images and tells which the engine took. It gives up at the
// first that it refuses, so the rest is loaded again.
func (d *daemon) load(images []oddImage) []bool {
	d.t.Helper()
	loaded := make([]bool, len(images))
	for i := range images {
		d.remove("/images/" + d.tag(i) + "?force=1")
	}
	d.t.Cleanup(func() {
		for i := range images {
			d.remove("/images/" + d.tag(i) + "?force=1")
		}
	})
	for first := 0; first < len(images); {
		var list []it.Image
		for i := first; i < len(images); i++ {
			list = append(list, it.Image{Tag: d.tag(i), Layers: images[i].layers, Config: unique(i)})
		}
		err := d.tryLoad(it.Classic(list...).Archive())
		for first < len(images) && d.has(first) {
			loaded[first] = true
			first++
		}
		if err == nil && first < len(images) {
			d.t.Fatalf("%q is gone after it was loaded", images[first].name)
		}
		if err != nil {
			if testing.Verbose() && first < len(images) {
				d.t.Logf("%q: %v", images[first].name, err)
			}
			first++
		}
	}
	return loaded
}

// unique makes two images of the same layers two images.
func unique(i int) image.Config { return image.Config{Author: strconv.Itoa(i)} }

func (d *daemon) tryLoad(archive []byte) error {
	resp, err := d.call("POST", "/images/load?quiet=1", bytes.NewReader(archive))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for decoder := json.NewDecoder(resp.Body); ; {
		var line struct{ Error string }
		if err := decoder.Decode(&line); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
	}
}

func (d *daemon) has(i int) bool {
	resp, err := d.call("GET", "/images/"+d.tag(i)+"/json", nil)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return true
}

func (d *daemon) size(i int) int64 {
	d.t.Helper()
	var inspected struct{ Size int64 }
	d.json("GET", "/images/"+d.tag(i)+"/json", nil, &inspected)
	return inspected.Size
}

// exported is the tree of a container of the image.
func (d *daemon) exported(i int) (map[string]seenFile, error) {
	d.t.Helper()
	resp, err := d.call("POST", "/containers/create", strings.NewReader(`{"Image":"`+d.tag(i)+`","Cmd":["/none"]}`))
	if err != nil {
		return nil, err
	}
	var created struct{ ID string }
	err = json.NewDecoder(resp.Body).Decode(&created)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	defer d.remove("/containers/" + created.ID + "?force=1&v=1")
	resp, err = d.call("GET", "/containers/"+created.ID+"/export", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	tree, err := exportedTree(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return tree, nil
}
