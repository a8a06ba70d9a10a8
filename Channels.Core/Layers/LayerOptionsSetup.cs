using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>How the options of one alias are made.</summary>
internal sealed record LayerOptionsSetup<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
    Action<TOptions, IConfiguration> Bind, Action<TOptions>? Configure) : LayerOptionsSetup(OptionsReader.KeysOf<TOptions>())
    where TOptions : ChannelLayerOptions;

/// <summary>What is known about the options of one alias, whatever their type.</summary>
/// <param name="Keys">Their names, and whether each may have keys below it.</param>
internal abstract record LayerOptionsSetup(IReadOnlyDictionary<string, bool> Keys);

/// <summary>Makes the options of each alias the way its latest registration says.</summary>
internal sealed class ConfigureLayerOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(ChannelLayerRegistrations registrations, IServiceProvider services) : IConfigureNamedOptions<TOptions>
    where TOptions : ChannelLayerOptions
{
    public void Configure(TOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, TOptions options)
    {
        if (registrations.Find<TOptions>(name) is not { } setup)
        {
            return;
        }

        if (services.GetService<IConfiguration>() is { } configuration)
        {
            OptionsReader.Read(configuration, ChannelLayerAliases.Section(name!), options, setup.Bind); // an alias was found, so it is one
        }

        setup.Configure?.Invoke(options);
    }
}

/// <summary>Checks the limits that every layer has.</summary>
internal sealed class ValidateLayerOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(ChannelLayerRegistrations registrations) : IValidateOptions<TOptions>
    where TOptions : ChannelLayerOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        if (registrations.Find<TOptions>(name) is null)
        {
            return ValidateOptionsResult.Skip; // the alias was registered again with a layer of another kind
        }

        var errors = ChannelLayerOptionsValidator.Check(name!, options); // an alias was found, so it is one
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
