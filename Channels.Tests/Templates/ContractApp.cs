using Channels.Tests.Docs;

namespace Channels.Tests.Templates;

/// <summary>The program of the guide of the socket router, as somebody has it who copies the guide and references the packages.</summary>
internal static class ContractApp
{
    public const string Name = "Articles";

    private const string Guide = "docs/guides/socket-router.md";
    private const string Begin = "<ItemGroup>\n  <ChannelsContract";

    /// <summary>What the guide names.</summary>
    public static string[] Files { get; } = [Path.Combine("client", "api.ts"), Path.Combine("client", "asyncapi.json")];

    /// <summary>Writes it without naming files of a contract.</summary>
    /// <returns>The project.</returns>
    public static async Task<string> WriteAsync(TemplateFolder folder)
    {
        Directory.CreateDirectory(folder.PathOf(Name, "client"));
        foreach (var (file, code) in CodeBlocks.ProjectsAfter(Guide)["articles"])
        {
            await File.WriteAllTextAsync(folder.PathOf(Name, file), code);
        }

        await WriteProjectAsync(folder, "");
        return $"{Name}/{Name}.csproj";
    }

    /// <summary>Adds the lines of the guide that name the files.</summary>
    public static async Task NameFilesAsync(TemplateFolder folder)
    {
        var guide = (await File.ReadAllTextAsync(Support.Repository.PathOf(Guide))).ReplaceLineEndings("\n");
        var first = guide.IndexOf(Begin, StringComparison.Ordinal);
        await WriteProjectAsync(folder, guide[first..guide.IndexOf("```", first, StringComparison.Ordinal)]);
    }

    /// <summary>Clients no longer find what they called.</summary>
    public static async Task RenameRouteAsync(TemplateFolder folder)
    {
        var file = folder.PathOf(Name, "Articles.cs");
        var code = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, code.Replace("OnSayHello", "OnSayGoodbye", StringComparison.Ordinal));
    }

    private static Task WriteProjectAsync(TemplateFolder folder, string more) => File.WriteAllTextAsync(folder.PathOf(Name, $"{Name}.csproj"), $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
          <ItemGroup>{string.Concat(new[] { "Channels.Kestrel", "Channels.Routing", "Channels.SocketRouter" }.Select(package => $"<PackageReference Include=\"{package}\" Version=\"{TemplateFolder.Version}\" />"))}</ItemGroup>
          {more}
        </Project>
        """);
}
