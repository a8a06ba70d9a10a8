using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>
/// The options of a server in a host without <c>AddChannelsServer</c>: read from the same sections, changed by the same
/// code, checked by the same rules.
/// </summary>
internal static class ServerSettings
{
    /// <exception cref="OptionsValidationException">An option is wrong; the message names it.</exception>
    public static ChannelsServerOptions ReadServer(IServiceProvider services) => Read<ChannelsServerOptions>(
        services,
        static (options, section) => section.Bind(options),
        new CheckedOptionsValidator<ChannelsServerOptions>(),
        new ShutdownTimeValidator(services.GetRequiredService<IOptions<HostOptions>>()));

    /// <exception cref="OptionsValidationException">An option is wrong; the message names it.</exception>
    public static WebSocketServerOptions ReadWebSocket(IServiceProvider services) => Read<WebSocketServerOptions>(
        services, static (options, section) => section.Bind(options), new CheckedOptionsValidator<WebSocketServerOptions>(), new CompressionValidator());

    private static TOptions Read<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        IServiceProvider services, Action<TOptions, IConfiguration> bind, params IValidateOptions<TOptions>[] rules)
        where TOptions : class
    {
        var path = typeof(TOptions).GetCustomAttribute<OptionsSectionAttribute>()!.Section; // both classes have it
        if (services.GetServices<KnownSection>().Any(section => section.Path == path))
        {
            return services.GetRequiredService<IOptions<TOptions>>().Value;
        }

        var fromSection = new ConfigureOptions<TOptions>(options =>
        {
            if (services.GetService<IConfiguration>() is { } configuration)
            {
                OptionsReader.Read(configuration, path, options, bind);
            }
        });
        var factory = new OptionsFactory<TOptions>(
            services.GetServices<IConfigureOptions<TOptions>>().Prepend(fromSection),
            services.GetServices<IPostConfigureOptions<TOptions>>(),
            services.GetServices<IValidateOptions<TOptions>>().Concat(rules));
        return factory.Create(Options.DefaultName);
    }
}
