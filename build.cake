// The same commands a person types, in order. `./build.sh` builds and tests; `./build.sh --target=Bench` measures.
var target = Argument("target", "Test");
var configuration = Argument("configuration", "Release");
var filter = Argument("filter", "");
var artifacts = Directory("./artifacts");
const string solution = "channels.sln";

// Programs that work hard for a minute and end: their methods are compiled for speed without waiting for a quiet moment, but not twice.
var busyAtOnce = new Dictionary<string, string> { ["DOTNET_TieredPGO"] = "0", ["DOTNET_TC_CallCountingDelayMs"] = "0", ["DOTNET_EnableWriteXorExecute"] = "0" };

// Programs that end before it pays to compile anything twice: to count how often methods are called costs more than it brings.
var doneSoon = new Dictionary<string, string> { ["DOTNET_TieredPGO"] = "0", ["DOTNET_TC_CallCounting"] = "0", ["DOTNET_EnableWriteXorExecute"] = "0" };

void Run(string program, string arguments, IDictionary<string, string> environment = null)
{
    var exit = StartProcess(program, new ProcessSettings { Arguments = arguments, EnvironmentVariables = environment });
    if (exit != 0)
    {
        throw new CakeException(exit, $"{program} {arguments} ended with {exit}");
    }
}

Task("Clean").Does(() =>
{
    CleanDirectories("./**/bin/" + configuration);
    CleanDirectory(artifacts);
});

Task("Restore").Does(() => Run("dotnet", $"restore {solution} --verbosity quiet", doneSoon));

Task("Format")
    .Description("Fails when a file is not formatted as .editorconfig says; repair with: dotnet format whitespace . --folder")
    .Does(() => Run(
        "dotnet",
        "format whitespace . --folder --verify-no-changes",
        busyAtOnce));

Task("Build")
    .IsDependentOn("Restore")
    .Does(() =>
    {
        // One compiler for all projects, whatever the environment says: to start one for each costs half a minute. It is this build's
        // own, and ends with it.
        var temporary = System.IO.Directory.CreateTempSubdirectory("channels-build-");
        var environment = new Dictionary<string, string>(busyAtOnce) { ["TMPDIR"] = temporary.FullName };
        try
        {
            Run("dotnet", $"build {solution} --no-restore --configuration {configuration} --verbosity quiet -nologo -p:UseSharedCompilation=true", environment);
        }
        finally
        {
            StartProcess("dotnet", new ProcessSettings { Arguments = "build-server shutdown --vbcscompiler", EnvironmentVariables = environment, RedirectStandardOutput = true });
            temporary.Delete(recursive: true);
        }
    });

// To install is to wait for others, and building needs none of it: it begins first and is waited for last.
IProcess installing = null;
Task("BeginTools").Does(() => installing = StartAndReturnProcess("bash", new ProcessSettings { Arguments = "eng/install-test-tools.sh" }));

Task("Tools")
    .Description("Installs the outside programs that tests use: Redis, Node packages, Chromium, Python Channels, haproxy, nginx")
    .IsDependentOn("BeginTools")
    .Does(() =>
    {
        installing.WaitForExit();
        if (installing.GetExitCode() != 0)
        {
            throw new CakeException(installing.GetExitCode(), $"eng/install-test-tools.sh ended with {installing.GetExitCode()}");
        }
    });

Task("Test")
    .Description("Runs every test; one that must be skipped counts as a failure")
    .IsDependentOn("BeginTools")
    .IsDependentOn("Format")
    .IsDependentOn("Build")
    .IsDependentOn("Tools")
    .Does(() => Run(
        "bash",
        $"eng/test.sh {configuration} {artifacts} \"{filter}\"",
        new Dictionary<string, string> { ["CHANNELS_REQUIRE_TOOLS"] = "1" }));

Task("Coverage")
    .Description("How much of each library the tests reach that run in one process; some minutes")
    .IsDependentOn("Build")
    .Does(() => Run("bash", $"eng/coverage.sh {configuration} {artifacts}"));

Task("Autobahn")
    .Description("The cases of the Autobahn test suite in their full sizes and counts, over HTTP/1.1 and HTTP/2; some minutes")
    .IsDependentOn("Build")
    .Does(() => Run(
        "dotnet",
        $"test Channels.Tests --no-build --configuration {configuration} --nologo --filter TestCategory=Autobahn",
        new Dictionary<string, string> { ["CHANNELS_AUTOBAHN"] = "full" }));

Task("Fuzz")
    .Description("Fuzzes every decoder with AFL++, --seconds=60 each, or one with --fuzz=NAME; fails when something is found")
    .IsDependentOn("Restore")
    .Does(() => Run("bash", $"eng/fuzz.sh {artifacts} {Argument("seconds", 60)} {Argument("fuzz", "")}"));

Task("Hostile")
    .Description("Attacks servers beside polite clients, each attack for 15 seconds, and writes what they noticed; 15 minutes at most")
    .IsDependentOn("Build")
    .Does(() =>
    {
        EnsureDirectoryExists(artifacts);
        var figures = MakeAbsolute(artifacts + File("hostile.md"));
        System.IO.File.Delete(figures.FullPath);
        Run(
            "dotnet",
            $"test Channels.Tests --no-build --configuration {configuration} --nologo --filter TestCategory=Hostile",
            new Dictionary<string, string> { ["CHANNELS_HOSTILE_SECONDS"] = "15", ["CHANNELS_HOSTILE_FIGURES"] = figures.FullPath });
        Information(System.IO.File.ReadAllText(figures.FullPath));
    });

Task("Audit")
    .Description("Fails when a package that is used, directly or by another one, has a known flaw; asks the registry, which must list them")
    .Does(() => Run("dotnet", $"restore {solution} --force --verbosity quiet -p:NuGetAudit=true -p:NuGetAuditMode=all -p:NuGetAuditLevel=low"));

Task("Bench")
    .Description("Measures this framework, its peers and the limit side by side; under ten minutes")
    .IsDependentOn("Restore")
    .Does(() =>
    {
        Run("dotnet", $"build {solution} --no-restore --configuration Release --verbosity quiet -nologo");
        Run("dotnet", $"run --project Channels.Benchmarks --configuration Release --no-build -- run --output {artifacts}/benchmarks");
    });

Task("Pack")
    .IsDependentOn("Build")
    .Does(() => Run("dotnet", $"pack {solution} --no-restore --configuration {configuration} --output {artifacts}/packages --verbosity quiet -nologo"));

RunTarget(target);
