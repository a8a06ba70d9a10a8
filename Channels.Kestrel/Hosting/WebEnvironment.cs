using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace Channels.Kestrel;

/// <summary>The host's environment in the shape Kestrel's registrations ask for; it serves no files.</summary>
internal sealed class WebEnvironment(IHostEnvironment host) : IWebHostEnvironment
{
    public string ApplicationName { get; set; } = host.ApplicationName;

    public string EnvironmentName { get; set; } = host.EnvironmentName;

    public string ContentRootPath { get; set; } = host.ContentRootPath;

    public IFileProvider ContentRootFileProvider { get; set; } = host.ContentRootFileProvider;

    public string WebRootPath { get; set; } = "";

    public IFileProvider WebRootFileProvider { get; set; } = new NullFileProvider();
}
