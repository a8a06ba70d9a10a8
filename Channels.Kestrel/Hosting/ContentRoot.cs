using Microsoft.Extensions.Hosting;

namespace Channels.Kestrel;

/// <summary>
/// Finds <c>appsettings.json</c> also when the program is started from another folder, as <c>dotnet run --project</c>
/// does: beside the program when the current folder has none.
/// </summary>
internal static class ContentRoot
{
    private const string SettingsFile = "appsettings.json";

    /// <summary>The folder to use, or null for the host's own choice (the configured one, else the current folder).</summary>
    /// <param name="arguments">The command line as configuration reads it.</param>
    /// <param name="current">The current folder.</param>
    /// <param name="program">The program's own folder.</param>
    public static string? Choose(IEnumerable<string> arguments, string current, string program)
    {
        var configured = Environment.GetEnvironmentVariable("DOTNET_CONTENTROOT") is not null
            || Environment.GetEnvironmentVariable("ASPNETCORE_CONTENTROOT") is not null
            || arguments.Any(argument => argument.StartsWith($"--{HostDefaults.ContentRootKey}=", StringComparison.OrdinalIgnoreCase));
        return !configured && !File.Exists(Path.Combine(current, SettingsFile)) && File.Exists(Path.Combine(program, SettingsFile))
            ? program
            : null;
    }
}
