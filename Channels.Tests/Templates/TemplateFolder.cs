using System.Diagnostics;
using Channels.Tests.Support;

namespace Channels.Tests.Templates;

/// <summary>
/// A machine of somebody who has our packages and not our sources: a feed with what was packed from this build, templates installed
/// from it, and projects made from them. Packages of others are taken from where this build found them.
/// </summary>
internal sealed class TemplateFolder : IAsyncDisposable
{
    /// <summary>The version of our packages; none of ours that the machine may have is mistaken for it.</summary>
    public const string Version = "0.0.0-tests";

    private static readonly TimeSpan Enough = TimeSpan.FromMinutes(20); // as for the chat that is compiled ahead: a whole build beside others

    private readonly TestFolder _folder = new();

    // One compiler for all projects, as to start one for each costs seconds. Its socket has to have a short name, and only who
    // looks for temporary files here finds it.
    private readonly TestFolder _compiler = new("c");

    private string Feed => _folder.PathOf("feed");

    private string Projects => _folder.PathOf("projects");

    /// <summary>Packs every package of this build, and installs the templates.</summary>
    public static async Task<TemplateFolder> CreateAsync()
    {
        var folder = new TemplateFolder();
        Directory.CreateDirectory(folder.Projects);
        var machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(folder.PathOf("Directory.Build.props"), $"""
            <Project>
              <PropertyGroup>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                <RestoreAdditionalProjectSources>{folder.Feed}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{folder._folder.PathOf("packages")}</RestorePackagesPath>
                <RestoreFallbackFolders>{machine}</RestoreFallbackFolders>
              </PropertyGroup>
            </Project>
            """);
        await MustRunAsync(Repository.Root, "pack", "channels.sln", "--no-build", "--no-restore", "--configuration", Repository.Configuration, "--output", folder.Feed, $"-p:Version={Version}", "-p:EnablePackageValidation=false");
        await folder.NewAsync("", "install", Path.Combine(folder.Feed, $"Channels.Templates.{Version}.nupkg"));
        return folder;
    }

    /// <summary>A file or folder below that of the projects.</summary>
    public string PathOf(params string[] parts) => Path.Combine([Projects, .. parts]);

    /// <summary>The built program of a project.</summary>
    public string ProgramOf(params string[] project) => PathOf([.. project, "bin", "Debug", "net10.0", $"{project[^1]}.dll"]);

    /// <summary><c>dotnet new</c>, which must succeed.</summary>
    /// <param name="inside">Where; empty for the folder of the projects.</param>
    /// <param name="arguments">What is made.</param>
    public Task<string> NewAsync(string inside, params string[] arguments) => MustRunAsync(PathOf(inside), ["new", .. arguments, .. Hive]);

    /// <summary>As <see cref="NewAsync"/>, whatever comes of it.</summary>
    public Task<(int ExitCode, string Output)> TryNewAsync(params string[] arguments) => RunAsync(Projects, ["new", .. arguments, .. Hive]);

    /// <summary>Restores and builds projects, all at once.</summary>
    public async Task BuildAsync(params string[] projects)
    {
        await File.WriteAllLinesAsync(PathOf("all.slnx"), ["<Solution>", .. projects.Select(project => $"<Project Path=\"{project}\" />"), "</Solution>"]);
        var (exitCode, output) = await CompileAsync("all.slnx");
        Assert.That(exitCode, Is.Zero, output);
    }

    /// <summary>Builds one project again, whatever comes of it.</summary>
    public Task<(int ExitCode, string Output)> TryBuildAsync(string project) => CompileAsync(project, "--no-restore");

    /// <summary>Runs a program that is built, which must succeed.</summary>
    public Task<string> RunProgramAsync(string inside, params string[] arguments) => MustRunAsync(PathOf(inside), ["run", "--no-build", "--", .. arguments]);

    /// <summary>Runs the tests of a solution that is built.</summary>
    public Task<string> TestAsync(string inside) => MustRunAsync(PathOf(inside), "test", "--no-build", "--nologo");

    public async ValueTask DisposeAsync()
    {
        await RunAsync(_folder.PathOf(""), ["build-server", "shutdown", "--vbcscompiler"], _compiler.Path);
        _compiler.Dispose();
        _folder.Dispose();
    }

    private Task<(int ExitCode, string Output)> CompileAsync(string project, params string[] how) =>
        RunAsync(Projects, ["build", project, "--nologo", "--verbosity", "quiet", "-p:UseSharedCompilation=true", "-p:UseRazorBuildServer=false", .. how], _compiler.Path);

    private string[] Hive => ["--debug:custom-hive", _folder.PathOf("hive")];

    private static async Task<(int ExitCode, string Output)> RunAsync(string folder, IEnumerable<string> arguments, string? temporary = null)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var variable in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(variable); // of the build that runs the tests
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1"; // no process outlives the command
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        if (temporary is not null)
        {
            start.Environment["TMPDIR"] = temporary;
        }

        using var process = Process.Start(start)!; // null only for shell execution
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Enough);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await error);
    }

    private static async Task<string> MustRunAsync(string folder, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(folder, arguments);
        Assert.That(exitCode, Is.Zero, $"dotnet {string.Join(' ', arguments)}\n{output}");
        return output;
    }
}
