package main

import (
	"errors"
	"fmt"

	"devops-go/internal/bundle"
	"devops-go/internal/elfinfo"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/pack"
	"devops-go/internal/registry"
)

// hint says what can be done about an error, "" where nothing can.
func hint(err error) string {
	if _, ok := errors.AsType[*usageError](err); ok {
		return "tare help lists the commands, tare help COMMAND its flags"
	}
	for _, of := range []func(error) string{sizeHint, imageHint, networkHint, programHint} {
		if text := of(err); text != "" {
			return text
		}
	}
	return ""
}

func sizeHint(err error) string {
	switch {
	case errors.Is(err, image.ErrTooLarge):
		return "--max-size allows more"
	case errors.Is(err, layers.ErrTooManyFiles):
		return "--max-files allows more"
	case errors.Is(err, layers.ErrTooManyNames):
		return "--max-names allows more"
	}
	return ""
}

// imageHint says how to choose among several images.
func imageHint(err error) string {
	if e, ok := errors.AsType[*image.SeveralError](err); ok {
		return fmt.Sprintf("name one: %s:PATH:%s", e.Transport, e.Names[0])
	}
	if e, ok := errors.AsType[*image.ForeignError](err); ok {
		return "choose with --platform " + e.Platforms[0]
	}
	if e, ok := errors.AsType[*image.ShadowError](err); ok {
		return "the engine's image is docker-daemon:" + e.Name
	}
	if e, ok := errors.AsType[*bundle.MissingError](err); ok {
		return "the index lists more than is there; --platform " + e.Present.String() + " takes one platform"
	}
	return ""
}

// networkHint says which flag allows what a registry was denied.
func networkHint(err error) string {
	if e, ok := errors.AsType[*registry.RealmError](err); ok {
		return "--auth-realm " + e.Realm + " sends them there"
	}
	if e, ok := errors.AsType[*registry.UploadError](err); ok {
		return "--upload-host " + e.Host + " sends it there"
	}
	return ""
}

// programHint says how to build an executable that can be packed.
func programHint(err error) string {
	if e, ok := errors.AsType[*pack.ModeError](err); ok {
		return "chmod +x " + e.Path
	}
	if _, ok := errors.AsType[*pack.SystemError](err); ok {
		return "build it with GOOS=linux"
	}
	if _, ok := errors.AsType[*pack.SamePlatformError](err); ok {
		return "an image has one executable for each platform; --add takes other files"
	}
	if _, ok := errors.AsType[*elfinfo.NotELFError](err); ok {
		return "build a Linux executable: GOOS=linux CGO_ENABLED=0 go build"
	}
	if _, ok := errors.AsType[*elfinfo.MachineError](err); ok {
		return "packed are amd64, arm64, arm/v5 to v7, 386, riscv64, ppc64le, s390x and loong64"
	}
	e, ok := errors.AsType[*pack.DynamicError](err)
	switch {
	case !ok:
		return ""
	case e.Missing == nil:
		return static(e.Executable) + "; or bring what it needs with --base IMAGE"
	}
	return static(e.Executable) + "; or take a base that it was linked for"
}

// static says how a program could be built to need nothing.
func static(e *pack.Executable) string {
	if e.Setting("-buildmode") == "pie" && e.Setting("CGO_ENABLED") == "0" {
		return "build it without -buildmode=pie, for which Go asks for an interpreter"
	}
	return "build it with CGO_ENABLED=0"
}
