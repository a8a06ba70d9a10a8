using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Channels.Kestrel;

/// <summary>
/// Begins a host with its settings. What is wrong with their files is told later: a program's first line is no place to fail,
/// as nothing stands around it that would make a sentence of it.
/// </summary>
internal static class HostSettings
{
    /// <summary>Makes the builder.</summary>
    /// <param name="arguments">The command line as configuration reads it.</param>
    /// <returns>The builder; and what is wrong in a sentence, or null. In the first case it has the environment and the command line only.</returns>
    public static (HostApplicationBuilder Builder, string? Fault) Load(string[] arguments)
    {
        try
        {
            return (new HostApplicationBuilder(new HostApplicationBuilderSettings
            {
                Args = arguments,
                Configuration = Environment(),
                ContentRootPath = ContentRoot.Choose(arguments, Directory.GetCurrentDirectory(), AppContext.BaseDirectory),
            }), null);
        }
        catch (Exception error)
        {
            var configuration = Environment();
            configuration.AddEnvironmentVariables();
            configuration.AddCommandLine(arguments);
            return (new HostApplicationBuilder(new HostApplicationBuilderSettings
            {
                DisableDefaults = true,
                Configuration = configuration,
                ContentRootPath = AppContext.BaseDirectory,
            }), Describe(error));
        }
    }

    private static ConfigurationManager Environment()
    {
        var configuration = new ConfigurationManager();
        configuration.AddEnvironmentVariables("ASPNETCORE_");
        return configuration;
    }

    private static string Describe(Exception error) => error.GetBaseException() switch
    {
        JsonException json => $"{error.Message} It is no JSON: the mistake is at line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1}.",
        DirectoryNotFoundException missing => $"There is no directory '{missing.Message}' ({HostDefaults.ContentRootKey}).",
        var cause => cause == error ? error.Message : $"{error.Message} {cause.Message}",
    };
}
