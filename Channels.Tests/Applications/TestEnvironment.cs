using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace Channels.Tests.Applications;

/// <summary>A host's environment by name only.</summary>
internal sealed class TestEnvironment(string name) : IHostEnvironment
{
    public string EnvironmentName { get; set; } = name;

    public string ApplicationName { get; set; } = "tests";

    public string ContentRootPath { get; set; } = "/";

    public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
}
