package audit

func historyRules() []Rule {
	return []Rule{
		{
			ID: "TARE-H001", Title: "Secret in an instruction", Severity: Error,
			Looks: "RUN, COPY, CMD and other instructions: known formats of tokens and keys, passwords in URLs, assignments to sensitive names (PASSWORD, TOKEN, …), long random values",
			Why:   "The history is part of the image: everyone who can pull the image can read it.",
			Fix:   "pass it with RUN --mount=type=secret, and revoke the one that leaked", Aliases: []string{"CIS-DI-0010", "CIS Docker 4.10"},
			image: leakRule(inInstruction),
		},
		{
			ID: "TARE-H002", Title: "Secret in a build argument", Severity: Error,
			Looks: "ARG defaults, and the values that builders record with each RUN (|1 TOKEN=…); the build arguments in the provenance",
			Why:   "Build arguments are recorded in the history of every RUN that follows.",
			Fix:   "pass it with RUN --mount=type=secret instead of --build-arg, and revoke the one that leaked", Aliases: []string{"CIS-DI-0010", "CIS Docker 4.10"},
			image: leakRule(inArgument),
		},
		{
			ID: "TARE-H003", Title: "Secret in an environment variable", Severity: Error,
			Looks: "ENV in the configuration and in the history, even if a later ENV replaces it",
			Why:   "It is visible to every container, every child process and everyone who can pull the image.",
			Fix:   "pass it to the container at run time, as a file or a variable, and revoke the one that leaked", Aliases: []string{"CIS-DI-0010", "CIS Docker 4.10"},
			image: leakRule(inVariable),
		},
		{
			ID: "TARE-H004", Title: "Secret in a label", Severity: Error,
			Looks: "LABEL in the configuration and in the history",
			Why:   "Labels are shown by registries, docker inspect and scanners.",
			Fix:   "remove the label, and revoke the secret", Aliases: []string{"CIS-DI-0010", "CIS Docker 4.10"},
			image: leakRule(inLabel),
		},
		{
			ID: "TARE-H005", Title: "ADD instead of COPY", Severity: Info,
			Looks: "ADD with a source that is neither an archive nor remote",
			Why:   "ADD may unpack or download, depending on its source; COPY only copies.",
			Fix:   "use COPY", Aliases: []string{"CIS-DI-0009", "CIS Docker 4.9", "DL3020"},
			image: checkAdd,
		},
		{
			ID: "TARE-H006", Title: "ADD of a URL", Severity: Warning,
			Looks: "ADD with an http, https or ftp source, or with a git repository without a full commit hash; BuildKit records the source, but not --checksum; a download whose digest is in the provenance is fine",
			Why:   "Nothing shows that the download is verified, and the file remains in its layer even if a later one unpacks and deletes it.",
			Fix:   "give a git source with its full commit hash, or download, verify, unpack and delete in one RUN; ADD --checksum verifies the download but isn't recorded, so ignore the finding with that reason", Aliases: []string{"CIS-DI-0009", "CIS Docker 4.9"},
			image: checkAddURL,
		},
		{
			ID: "TARE-H007", Title: "Package index updated in a step of its own", Severity: Warning,
			Looks: "a RUN with only apt-get update (or apk update and the like), and a later RUN that installs packages",
			Why:   "The build cache keeps the old index, so later builds install old packages or fail.",
			Fix:   "update the index and install packages in one RUN", Aliases: []string{"CIS-DI-0007", "CIS Docker 4.7"},
			image: checkIndex,
		},
		{
			ID: "TARE-H008", Title: "Package manager cache left behind", Severity: Warning,
			Looks: "files in /var/lib/apt/lists, /var/cache/apt, /var/cache/apk, /var/cache/dnf and the like, in every layer",
			Why:   "Containers don't use it, and deleting it in a later layer saves nothing.",
			Fix:   "delete it in the RUN that creates it, or use apk add --no-cache or a cache mount", Aliases: []string{"DKL-DI-0004", "DKL-DI-0005", "DL3009", "DL3019"},
			image: cacheRule(true),
		},
		{
			ID: "TARE-H009", Title: "Files copied by chmod or chown", Severity: Warning,
			Looks: "files that a layer contains again with the same size and time but a different mode or owner",
			Why:   "Layers contain whole files, so changing a mode or an owner stores the content a second time.",
			Fix:   "use COPY --chmod and --chown, or change them in the layer that creates them", Aliases: []string{},
			image: checkCopied,
		},
		{
			ID: "TARE-H010", Title: "Download piped into a shell", Severity: Warning,
			Looks: "RUN with curl … | sh, bash <(curl …), sh -c \"$(curl …)\"",
			Why:   "Whatever the server sends is executed without verification.",
			Fix:   "download to a file, verify its digest, then run it", Aliases: []string{},
			image: checkPipe,
		},
		{
			ID: "TARE-H011", Title: "Base image without a fixed tag", Severity: Warning,
			Looks: "the annotation or label " + baseName + ", for latest or no tag",
			Why:   "The same Dockerfile gives a different image when the tag moves.",
			Fix:   "refer to the base by a version or a digest", Aliases: []string{"DKL-DI-0006", "DL3006", "DL3007"},
			image: checkBase,
		},
		{
			ID: "TARE-H012", Title: "History and layers disagree", Severity: Warning,
			Looks: "whether every history entry that should have a layer has one, and the reverse",
			Why:   "The history doesn't describe the layers reliably.",
			Fix:   "rebuild the image; tare history shows which entries and layers have no counterpart", Aliases: []string{},
			image: checkPartners,
		},
		{
			ID: "TARE-H013", Title: "Steps out of order", Severity: Info,
			Looks: "the times in the history; times up to 1981 are assumed to be set deliberately and ignored",
			Why:   "The image wasn't made by a normal build, or a clock was wrong. Builds with SOURCE_DATE_EPOCH on a newer base cause this, too.",
			Fix:   "find out where the image comes from", Aliases: []string{},
			image: checkOrder,
		},
		{
			ID: "TARE-H014", Title: "Created in the future", Severity: Warning,
			Looks: "the times in the history and the creation time of the image",
			Why:   "A clock is wrong, here or where the image was built, and caches and clean-up by age misbehave.",
			Fix:   "correct the clock of the build machine, or SOURCE_DATE_EPOCH", Aliases: []string{},
			image: checkFuture,
		},
		{
			ID: "TARE-H015", Title: "sudo in a build", Severity: Info,
			Looks: "RUN with sudo",
			Why:   "A build can run as root anyway, and sudo with its set-uid bit remains in the image.",
			Fix:   "switch users with USER, and don't install sudo", Aliases: []string{"DKL-DI-0001", "DL3004"},
			image: checkSudo,
		},
		{
			ID: "TARE-H016", Title: "All packages upgraded", Severity: Info,
			Looks: "RUN with apt-get upgrade, apk upgrade, dnf, yum, microdnf or tdnf update, zypper up, pacman -Syu and the like",
			Why:   "Replaced packages are stored twice, and the result depends on the day of the build.",
			Fix:   "use a newer base, or upgrade only the packages that need it", Aliases: []string{"DKL-DI-0003", "DL3005", "DL3017"},
			image: checkUpgrade,
		},
		{
			ID: "TARE-H017", Title: "Secret in the metadata", Severity: Error,
			Looks: "every string of the configuration, manifest and index that no other rule checks: authors, comments, names, annotations; the statements of attestations (provenance, SBOM)",
			Why:   "Everyone who can pull the image can read it.",
			Fix:   "rebuild without the secret, and revoke it; for provenance, use --provenance=mode=min", Aliases: []string{"CIS-DI-0010"},
			image: leakRule(inMetadata),
		},
	}
}

func configRules() []Rule {
	return []Rule{
		{
			ID: "TARE-C001", Title: "Runs as root", Severity: Warning,
			Looks: "the user in the configuration, as engines resolve it: none, 0, or a name that engines resolve to ID 0; of Windows, none or ContainerAdministrator",
			Why:   "An attacker who takes over the process is root in the container, which is a step closer to root on the host.",
			Fix:   "add USER with numeric IDs, such as USER 65532:65532; on Windows, USER ContainerUser", Aliases: []string{"CIS-DI-0001", "CIS Docker 4.1", "DL3002"},
			whole: true, image: checkRoot,
		},
		{
			ID: "TARE-C002", Title: "User that cannot be resolved", Severity: Error,
			Looks: "the user and group in the configuration, looked up in the image's /etc/passwd and /etc/group as engines do",
			Why:   "The container does not start.",
			Fix:   "create the user in the image, or use a numeric ID", Aliases: []string{},
			whole: true, image: checkUser,
		},
		{
			ID: "TARE-C003", Title: "No HEALTHCHECK", Severity: Info,
			Looks: "the health check of the configuration",
			Why:   "Docker can't tell whether the service hangs. (Kubernetes uses its own probes and ignores HEALTHCHECK.)",
			Fix:   "add HEALTHCHECK CMD with a command that is in the image", Aliases: []string{"CIS-DI-0006", "CIS Docker 4.6"},
			whole: true, image: checkHealth,
		},
		{
			ID: "TARE-C004", Title: "Shell form without a shell", Severity: Error,
			Looks: "ENTRYPOINT, CMD and HEALTHCHECK that need a shell if the image has none",
			Why:   "The container does not start, or is never healthy.",
			Fix:   "use the exec form, such as ENTRYPOINT [\"/app\"]", Aliases: []string{"DL3025"},
			whole: true, image: checkShell,
		},
		{
			ID: "TARE-C005", Title: "Entry point missing", Severity: Error,
			Looks: "the program that ENTRYPOINT and CMD start, looked up through PATH and links, and the interpreter if it is a script",
			Why:   "The container does not start.",
			Fix:   "copy the program into the image, or correct ENTRYPOINT", Aliases: []string{},
			whole: true, image: checkEntry,
		},
		{
			ID: "TARE-C006", Title: "Entry point not executable", Severity: Error,
			Looks: "the mode of the program that ENTRYPOINT and CMD start",
			Why:   "The container does not start.",
			Fix:   "use COPY --chmod=755", Aliases: []string{},
			whole: true, image: checkExecutable,
		},
		{
			ID: "TARE-C007", Title: "Entry point for another architecture", Severity: Error,
			Looks: "the ELF header of the program that ENTRYPOINT and CMD start, compared with the image's architecture",
			Why:   "The container does not start, or only under emulation.",
			Fix:   "build for the platform of the image, using TARGETARCH", Aliases: []string{},
			whole: true, image: checkArchitecture,
		},
		{
			ID: "TARE-C008", Title: "Volume on a system directory", Severity: Warning,
			Looks: "VOLUME on /, /etc, /usr, /bin, /lib, /var and the like",
			Why:   "Every container gets a copy, which hides changes in later layers and versions.",
			Fix:   "use a dedicated directory for the volume", Aliases: []string{"DKL-DI-0002"},
			whole: true, image: checkVolumes,
		},
		{
			ID: "TARE-C009", Title: "Privileged port with an unprivileged user", Severity: Warning,
			Looks: "EXPOSE with a port below 1024 and a user that isn't root",
			Why:   "The program can't listen on it unless the runtime lowers the limit, as Docker has done since 20.10.",
			Fix:   "listen on a port of 1024 or above", Aliases: []string{},
			whole: true, image: checkPorts,
		},
		{
			ID: "TARE-C010", Title: "No OCI labels", Severity: Info,
			Looks: "labels and annotations org.opencontainers.image.*",
			Why:   "The image doesn't say which source and version it was built from.",
			Fix:   "add LABEL org.opencontainers.image.source, .revision and .version", Aliases: []string{},
			whole: true, image: checkDescription,
		},
		{
			ID: "TARE-C011", Title: "Account without a password", Severity: Error,
			Looks: "/etc/shadow and /etc/passwd, for an empty second field",
			Why:   "Any process in the container can become that user with su (CVE-2019-5021).",
			Fix:   "lock it with passwd -l NAME in the layer that creates it", Aliases: []string{"DKL-LI-0001"},
			image: checkPasswords,
		},
		{
			ID: "TARE-C012", Title: "ID shared by several users or groups", Severity: Info,
			Looks: "the user IDs in /etc/passwd and the group IDs in /etc/group, as engines read them",
			Why:   "They own each other's files; a second user with ID 0 is another root.",
			Fix:   "give every user and every group its own ID", Aliases: []string{"DKL-LI-0002"},
			image: checkIDs,
		},
		{
			ID: "TARE-C013", Title: "User that engines resolve differently", Severity: Warning,
			Looks: "the user in the configuration, as old and new versions of Docker and containerd resolve it",
			Why:   "The privileges of the process depend on the engine.",
			Fix:   "use numeric IDs for user and group, such as USER 65532:65532", Aliases: []string{},
			whole: true, image: checkAgreement,
		},
		{
			ID: "TARE-C014", Title: "HEALTHCHECK that cannot run", Severity: Error,
			Looks: "the program that HEALTHCHECK starts, looked up through PATH and links; in shell form, the first one that the shell starts",
			Why:   "The container is never healthy.",
			Fix:   "use a program that is in the image; many servers have a command that checks them", Aliases: []string{},
			whole: true, image: checkHealthCommand,
		},
		{
			ID: "TARE-C015", Title: "Configuration not named by its digest", Severity: Warning,
			Looks: "the file name of the configuration in an archive of docker save without an index",
			Why:   "Engines go by the content, so the image's ID is not the one that the archive states: the configuration was changed after the image was built.",
			Fix:   "build the image again, or find out who changed the archive", Aliases: []string{},
			image: checkConfigName,
		},
	}
}

func weightRules() []Rule {
	return []Rule{
		{
			ID: "TARE-W001", Title: "Dead bytes", Severity: Warning,
			Looks: "layers with 1 MB or more that later layers delete or overwrite",
			Why:   "They are stored and pulled, but no container sees them.",
			Fix:   "delete files in the RUN that creates them, or copy only the result from a build stage", Aliases: []string{},
			whole: true, image: checkDead,
		},
		{
			ID: "TARE-W002", Title: "Low efficiency", Severity: Warning,
			Looks: "dive's efficiency, if it is below 90 % and 20 MB or more are wasted",
			Why:   "The same paths are written in several layers.",
			Fix:   "combine the steps that write the same files; tare tree shows what each layer changes", Aliases: []string{"lowestEfficiency"},
			whole: true, image: checkEfficiency,
		},
		{
			ID: "TARE-W003", Title: "Payload much smaller than the image", Severity: Info,
			Looks: "a tare of at least 50 MB and 10 times the net weight",
			Why:   "Nearly everything that has to be pulled and patched isn't the program.",
			Fix:   "build in one stage, and copy the program to a small base image or to scratch", Aliases: []string{},
			whole: true, image: checkTare,
		},
		{
			ID: "TARE-W004", Title: "Many layers", Severity: Warning,
			Looks: "100 layers or more",
			Why:   "Docker supports at most 125 layers; images with more, or built on one close to the limit, can't be used.",
			Fix:   "combine steps: several commands in one RUN, several sources in one COPY", Aliases: []string{},
			whole: true, image: checkLayers,
		},
		{
			ID: "TARE-W005", Title: "File of zeros", Severity: Warning,
			Looks: "files of 1 MB or more that consist of zeros to nine tenths or more, such as /var/log/lastlog",
			Why:   "Layers can't represent holes, so a sparse file is stored and unpacked at its full length.",
			Fix:   "use useradd --no-log-init, or truncate the file in the RUN that creates it", Aliases: []string{},
			file: checkZeros,
		},
	}
}

// The rules about budgets and growth.
const (
	ruleBudget = "TARE-B001"
	ruleGrowth = "TARE-B002"
)

func gateRules() []Rule {
	return []Rule{
		{
			ID: ruleBudget, Title: "Over budget", Severity: Error,
			Looks: "the budgets that are set",
			Why:   "The image exceeds a limit that was set for it.",
			Fix:   "make the image smaller, or raise the limit in a reviewed change", Aliases: []string{},
		},
		{
			ID: ruleGrowth, Title: "Grown too much", Severity: Error,
			Looks: "size and transfer, compared with the baseline",
			Why:   "Images grow a little with every release, and nobody notices.",
			Fix:   "tare diff shows what grew", Aliases: []string{},
		},
	}
}
