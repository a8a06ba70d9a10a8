using Channels.Kestrel;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Where <c>appsettings.json</c> is looked for (E-28).</summary>
public sealed class ContentRootTests
{
    [Test]
    [Proves("E-28")]
    public void Beside_the_program_when_the_current_folder_has_none()
    {
        using var beside = new Folder();
        File.WriteAllText(Path.Combine(beside.Name, "appsettings.json"), "{}");
        using var empty = new Folder();

        Assert.That(ContentRoot.Choose([], current: empty.Name, program: beside.Name), Is.EqualTo(beside.Name));
        Assert.That(ContentRoot.Choose([], current: beside.Name, program: beside.Name), Is.Null);
        Assert.That(ContentRoot.Choose([], current: empty.Name, program: empty.Name), Is.Null);
    }

    [Test]
    [Proves("E-28")]
    public async Task A_configured_folder_wins()
    {
        using var folder = new Folder();
        File.WriteAllText(Path.Combine(folder.Name, "appsettings.json"), """{ "Channels": { "Server": { "ServerHeader": "from-file" } } }""");
        var builder = ChannelsHost.CreateBuilder(["--contentRoot", folder.Name]);
        builder.Root = (_, _, _) => Task.CompletedTask;
        await using var host = builder.Build();

        Assert.That(host.Services.GetRequiredService<IHostEnvironment>().ContentRootPath, Does.StartWith(folder.Name));
        Assert.That(host.Services.GetRequiredService<IConfiguration>()["Channels:Server:ServerHeader"], Is.EqualTo("from-file"));
    }

    private sealed class Folder : IDisposable
    {
        public string Name { get; } = Directory.CreateTempSubdirectory("channels").FullName;

        public void Dispose() => Directory.Delete(Name, recursive: true);
    }
}
