package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"devops-go/internal/bundle"
	"devops-go/internal/elfinfo"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
	"devops-go/internal/pack"
	"devops-go/internal/registry"
)

// TestHints: an error has a hint however it is wrapped, with the flag, the command or
// the setting that helps.
func TestHints(t *testing.T) {
	program := func(settings ...debug.BuildSetting) *pack.Executable {
		return &pack.Executable{File: &elfinfo.File{Interpreter: "/lib/ld.so", Build: &buildinfo.BuildInfo{Settings: settings}}}
	}
	pie := program(debug.BuildSetting{Key: "-buildmode", Value: "pie"}, debug.BuildSetting{Key: "CGO_ENABLED", Value: "0"})
	for _, tt := range []struct {
		err  error
		want []string // parts; none where nothing helps
	}{
		{errors.New("other"), nil},
		{&usageError{errors.New("x")}, []string{"tare help"}},
		{image.ErrTooLarge, []string{"--max-size"}},
		{layers.ErrTooLarge, []string{"--max-size"}},
		{layers.ErrTooManyFiles, []string{"--max-files"}},
		{layers.ErrTooManyNames, []string{"--max-names"}},
		{&image.SeveralError{Transport: image.OCI, Names: []string{"a:1", "b:2"}}, []string{"oci:PATH:a:1"}},
		{&image.ForeignError{Platforms: []string{"linux/s390x"}}, []string{"--platform linux/s390x"}},
		{&image.ShadowError{Name: "app", Kind: "file", Err: errors.New("x")}, []string{"docker-daemon:app"}},
		{&bundle.MissingError{Present: oci.Platform{OS: "linux", Architecture: "arm64"}, Err: errors.New("x")}, []string{"--platform linux/arm64"}},
		{&registry.RealmError{Realm: "https://a.example"}, []string{"--auth-realm https://a.example"}},
		{&registry.UploadError{Host: "a.example"}, []string{"--upload-host a.example"}},
		{&pack.ModeError{Path: "./app"}, []string{"chmod +x ./app"}},
		{&pack.SystemError{System: "freebsd"}, []string{"GOOS=linux"}},
		{&pack.SamePlatformError{}, []string{"--add"}},
		{&elfinfo.NotELFError{}, []string{"GOOS=linux CGO_ENABLED=0 go build"}},
		{&elfinfo.MachineError{}, []string{"amd64, arm64, arm/v5 to v7, 386, riscv64, ppc64le, s390x and loong64"}},
		{&pack.DynamicError{Executable: program()}, []string{"CGO_ENABLED=0", "--base IMAGE"}},
		{&pack.DynamicError{Executable: pie}, []string{"without -buildmode=pie", "--base IMAGE"}},
		{&pack.DynamicError{Executable: pie, Missing: []string{"x"}}, []string{"without -buildmode=pie", "base image"}},
	} {
		got := hint(fmt.Errorf("object: %w", tt.err))
		if (got == "") != (len(tt.want) == 0) {
			t.Errorf("%T %v: hint %q, want %q", tt.err, tt.err, got, tt.want)
		}
		for _, part := range tt.want {
			if !strings.Contains(got, part) {
				t.Errorf("%T %v: hint %q, want %q in it", tt.err, tt.err, got, part)
			}
		}
	}
}
